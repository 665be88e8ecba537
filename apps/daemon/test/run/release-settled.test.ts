import { type ChannelId, type Logger, parseClientName, WatcherError } from '@perun-watcher/core'
import { silentLogger } from '@perun-watcher/core/adapter'
import { concludes, registers, type TestChannel, testChannel } from '@perun-watcher/core/testing'
import { describe, expect, it } from 'vitest'
import { type Setup, setup } from '../../../../packages/core/test/support/setup.ts'
import { type ReleaseSettled, releaseSettled } from '../../src/run/release-settled.ts'

const day = 86_400_000

interface World extends AsyncDisposable {
  readonly s: Setup
  readonly release: ReleaseSettled
  /** What the asset holders hold, by channel; a channel that is missing: nobody can tell. */
  readonly held: Map<ChannelId, bigint>
  readonly warnings: readonly string[]
}

async function world(): Promise<World> {
  const s = await setup()
  const held = new Map<ChannelId, bigint>()
  const warnings: string[] = []
  const logger: Logger = { ...silentLogger, warn: (message) => void warnings.push(message) }
  const release = releaseSettled({
    engine: s.engine,
    store: s.store,
    heldIn: async ({ state }) => {
      const amount = held.get(state.channelId)
      if (amount === -1n) throw new WatcherError('CHAIN_UNREACHABLE', 'No answer.')
      return amount
    },
    releaseAfterMs: day,
    // Time passes where the test lets it; a turn in between costs none.
    clock: { now: s.clock.now, sleep: (ms, options) => (ms === 0 ? Promise.resolve() : s.clock.sleep(ms, options)) },
    logger,
  })
  return { s, release, held, warnings, [Symbol.asyncDispose]: () => s[Symbol.asyncDispose]() }
}

/** Registers a tree, and concludes it once its window is over. */
async function conclude(s: Setup, root: TestChannel, subs: readonly TestChannel[] = []): Promise<void> {
  const [signed, ...below] = [root, ...subs].map((each) => each.signed(5n))
  if (signed === undefined) return
  await s.mine({ calls: [registers(signed, below)] })
  await s.mine({ seconds: 100_000n })
  await s.mine({ calls: [concludes(signed, below)] })
}

describe('a channel that is settled', () => {
  it('is let go once it was concluded for long enough and nothing is left in it, and its clients hear why', async () => {
    await using w = await world()
    const { s, release, held } = w
    const [done, running] = [testChannel(), testChannel()]
    const watch = await s.watch(done.signed(5n), undefined, 'alice')
    const other = await s.watch(done.signed(5n), undefined, 'bob')
    await s.watch(running.signed(5n))
    held.set(done.id, 7n).set(running.id, 0n)
    await conclude(s, done)
    await release.look()
    await s.clock.pass(day)
    await release.look()
    // Somebody has not withdrawn yet.
    expect(s.engine.channel(done.id)?.clients).toHaveLength(2)
    held.set(done.id, 0n)
    await release.look()
    expect(s.engine.channel(done.id)).toBeUndefined()
    for (const { end } of [watch, other])
      expect(end?.error).toMatchObject({ code: 'CHANNEL_SETTLED', retryable: false })
    expect(s.engine.channel(running.id)?.clients).toEqual([parseClientName('local')])
  })

  it('is kept for the whole time, and a reorg begins it anew', async () => {
    await using w = await world()
    const { s, release, held } = w
    const channel = testChannel()
    await s.watch(channel.signed(5n))
    held.set(channel.id, 0n)
    await conclude(s, channel)
    await release.look()
    await s.clock.pass(day - 1)
    await release.look()
    expect(s.engine.channel(channel.id)).toBeDefined()
    await s.reorg(1)
    await release.look()
    expect(s.engine.channel(channel.id)?.record?.phase).toBe('dispute')
    await s.mine({ calls: [concludes(channel.signed(5n))] })
    await s.clock.pass(1)
    await release.look()
    expect(s.engine.channel(channel.id)).toBeDefined()
    await s.clock.pass(day)
    await release.look()
    expect(s.engine.channel(channel.id)).toBeUndefined()
  })

  it.each([
    ['nobody can tell what is left', undefined],
    ['the endpoint does not answer', -1n],
  ])('is kept while %s', async (_, amount) => {
    await using w = await world()
    const { s, release, held } = w
    const channel = testChannel()
    await s.watch(channel.signed(5n))
    if (amount !== undefined) held.set(channel.id, amount)
    await conclude(s, channel)
    await release.look()
    await s.clock.pass(2 * day)
    await release.look()
    expect(s.engine.channel(channel.id)).toBeDefined()
  })

  it('takes those below it along, and waits for those that hang below another channel, too', async () => {
    await using w = await world()
    const { s, release, held } = w
    const shared = testChannel({ kind: 'virtual' })
    const [one, two] = [testChannel(), testChannel()]
    const sub = testChannel({ kind: 'sub' })
    for (const root of [one, two]) await s.watch(root.signed(5n))
    const below = await s.watch(sub.signed(5n), one)
    for (const root of [one, two]) await s.watch(shared.signed(5n), root)
    held.set(one.id, 0n).set(two.id, 0n)
    await conclude(s, one)
    await release.look()
    await s.clock.pass(day)
    await release.look()
    expect(below.end?.error).toMatchObject({ code: 'CHANNEL_SETTLED' })
    // The virtual channel hangs below one that is not settled, and holds the other back.
    for (const { id } of [one, two, shared]) expect(s.engine.channel(id)?.clients).toHaveLength(1)
    await conclude(s, two)
    await release.look()
    await s.clock.pass(day)
    await release.look()
    for (const { id } of [one, two, shared, sub]) expect(s.engine.channel(id)).toBeUndefined()
  })
})
