import { type ChannelId, parseClientName, WatcherError } from '@perun-watcher/core'
import { silentLogger } from '@perun-watcher/core/adapter'
import { concludes, registers, type TestChannel, testChannel } from '@perun-watcher/core/testing'
import { describe, expect, it } from 'vitest'
import { type Setup, setup } from '../../../../packages/core/test/support/setup.ts'
import { ledgerAndVirtual } from '../../../../packages/core/test/support/variants.ts'
import { type ReleaseSettled, releaseSettled } from '../../src/run/release-settled.ts'

const day = 86_400_000

interface World extends AsyncDisposable {
  readonly s: Setup
  readonly release: ReleaseSettled
  /** What the asset holders hold, by channel; a channel that is missing: nobody can tell. */
  readonly held: Map<ChannelId, bigint>
  /** How often somebody was asked what a channel holds. */
  readonly asked: () => number
}

async function world(finalityDepth = 0n): Promise<World> {
  const s = await setup()
  const held = new Map<ChannelId, bigint>()
  let asked = 0
  const release = releaseSettled({
    engine: s.engine,
    store: s.store,
    heldIn: async ({ state }) => {
      asked += 1
      const amount = held.get(state.channelId)
      if (amount === -1n) throw new WatcherError('CHAIN_UNREACHABLE', 'No answer.')
      return amount
    },
    releaseAfterMs: day,
    finalityDepth,
    // Time passes where the test lets it; a turn in between costs none.
    clock: { now: s.clock.now, sleep: (ms, options) => (ms === 0 ? Promise.resolve() : s.clock.sleep(ms, options)) },
    logger: silentLogger,
  })
  return { s, release, held, asked: () => asked, [Symbol.asyncDispose]: () => s[Symbol.asyncDispose]() }
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
    await s.clock.pass(day)
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

describe('what others watch', () => {
  it('does not take a ledger channel with its own funds along, because somebody hangs it below a settled one', async () => {
    await using w = await world()
    const { s, release, held } = w
    const [ours, theirs] = [ledgerAndVirtual(), testChannel()]
    const watch = await s.watch(ours.signed(5n), undefined, 'victim')
    await s.watch(theirs.signed(5n), undefined, 'thief')
    await s.watch(ours.signed(5n), theirs, 'thief')
    held.set(theirs.id, 0n).set(ours.id, 50n)
    await conclude(s, theirs)
    await release.look()
    await s.clock.pass(day)
    await release.look()
    expect(watch.end).toBeUndefined()
    await s.mine({ calls: [registers(ours.signed(2n))] })
    await s.mine()
    expect(s.chain.dispute(ours.id)?.version).toBe(5n)
  })

  it('does not keep one that is settled, though it is hung below another', async () => {
    await using w = await world()
    const { s, release, held } = w
    const [ours, theirs] = [ledgerAndVirtual(), testChannel()]
    await s.watch(ours.signed(5n), undefined, 'victim')
    await s.watch(theirs.signed(5n), undefined, 'thief')
    await s.watch(ours.signed(5n), theirs, 'thief')
    held.set(ours.id, 0n)
    await conclude(s, ours)
    await release.look()
    await s.clock.pass(day)
    await release.look()
    expect(s.engine.channelsOf(parseClientName('victim')).size).toBe(0)
  })

  it('does not keep a channel and what is below it, though others have that below one of theirs', async () => {
    await using w = await world()
    const { s, release, held } = w
    const shared = testChannel({ kind: 'virtual' })
    const [alices, hubs] = [testChannel(), testChannel()]
    for (const client of ['alice', 'hub']) await s.watch(alices.signed(5n), undefined, client)
    await s.watch(hubs.signed(5n), undefined, 'hub')
    await s.watch(shared.signed(5n), alices, 'alice')
    for (const root of [alices, hubs]) await s.watch(shared.signed(5n), root, 'hub')
    held.set(alices.id, 0n).set(hubs.id, 7n)
    await conclude(s, alices)
    await release.look()
    await s.clock.pass(day)
    await release.look()
    expect(s.engine.channelsOf(parseClientName('alice')).size).toBe(0)
    // The hub may need it, and what it hangs below, in its other channel.
    expect([...s.engine.channelsOf(parseClientName('hub'))].sort()).toEqual([alices.id, hubs.id, shared.id].sort())
  })
})

describe('a conclusion', () => {
  it('that a reorg may take out is none, however long ago it was', async () => {
    await using w = await world(3n)
    const { s, release, held } = w
    const channel = testChannel()
    await s.watch(channel.signed(5n))
    held.set(channel.id, 0n)
    await conclude(s, channel)
    await release.look()
    await s.clock.pass(2 * day)
    await release.look()
    expect(s.engine.channel(channel.id)).toBeDefined()
    for (let block = 0; block < 3; block++) await s.mine()
    await release.look()
    await s.clock.pass(day)
    await release.look()
    expect(s.engine.channel(channel.id)).toBeUndefined()
  })

  it('that is taken out while others are asked after is seen before anything is let go', async () => {
    await using w = await world()
    const { s, held } = w
    const [root, sub] = [testChannel(), testChannel({ kind: 'sub' })]
    await s.watch(root.signed(5n))
    await s.watch(sub.signed(5n), root)
    held.set(root.id, 0n)
    await conclude(s, root)
    const release = releaseSettled({
      engine: s.engine,
      store: s.store,
      async heldIn() {
        await s.reorg(1)
        return 0n
      },
      releaseAfterMs: 0,
      finalityDepth: 0n,
      clock: s.clock,
      logger: silentLogger,
    })
    await release.look()
    for (const { id } of [root, sub]) expect(s.engine.channel(id)).toBeDefined()
  })

  it('of a channel in which something stays for ever is asked after ever more rarely', async () => {
    await using w = await world()
    const { s, release, held, asked } = w
    const channel = testChannel()
    await s.watch(channel.signed(5n))
    held.set(channel.id, 1n)
    await conclude(s, channel)
    for (let look = 0; look < 10 * 144; look++) {
      await release.look()
      await s.clock.pass(day / 144)
    }
    expect(asked()).toBeLessThan(20)
    held.set(channel.id, 0n)
    await s.clock.pass(day)
    await release.look()
    expect(s.engine.channel(channel.id)).toBeUndefined()
  })
})
