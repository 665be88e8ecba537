import { describe, expect, it } from 'vitest'
import type { SendOptions } from '../../../src/adapter.ts'
import { type SignedState, WatcherError } from '../../../src/index.ts'
import { modelChain, progresses, registers, testChannel } from '../../../src/testing/index.ts'
import { sentVersions } from '../../support/sent-versions.ts'
import { isPending, type Setup, setup } from '../../support/setup.ts'

const refusal = (): WatcherError => new WatcherError('REGISTER_REVERTED', 'The token is paused.')

/** What the holder of the assets makes of a conclusion. */
type Holder = (chain: ReturnType<typeof modelChain>, channel: SignedState, options: SendOptions) => Promise<never>

const refusesAtOnce: Holder = async () => {
  throw refusal()
}

/** Takes the simulation, and burns the gas of each block in which the transaction would be included. */
const isNeverIncluded: Holder = (_, __, { signal }) =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))

async function withHolder(holder: Holder): Promise<{ readonly s: Setup; conclusions(): number; oblige(): void }> {
  const chain = modelChain()
  let conclusions = 0
  let isObliging = false
  const s = await setup({
    chain,
    chainOverrides: {
      concludeFinal(channel, options) {
        conclusions += 1
        return isObliging ? chain.concludeFinal(channel, options) : holder(chain, channel, options)
      },
    },
  })
  const oblige = (): void => {
    isObliging = true
  }
  return { s, conclusions: () => conclusions, oblige }
}

const holders = { refusesAtOnce, isNeverIncluded }

async function outlastsHolder(holder: Holder, duration: bigint): Promise<void> {
  const { s, conclusions, oblige } = await withHolder(holder)
  await using _ = s
  const channel = testChannel({ duration })
  const watch = await s.watch(channel.signed(9n, { isFinal: true }))
  await s.mine({ calls: [registers(channel.signed(8n))] })
  const seconds = duration > 10_000n ? 3_600n : 12n
  for (let passed = 0n; passed < duration; passed += seconds) await s.mine({ seconds })
  expect(s.chain.dispute(channel.id)).toMatchObject({ version: 9n, phase: 'dispute' })
  expect(watch.told).toContain('refuted 9')
  // What stands is no danger, and costs little.
  const before = conclusions()
  for (let block = 0; block < 100; block++) await s.mine()
  expect(conclusions() - before).toBeLessThanOrEqual(2)
  expect(sentVersions(s.chain)).toEqual([[9n]])
  oblige()
  // Each pause is four times as long as the one before.
  for (let passed = 0n; passed < 4n * duration + 20_000n; passed += 60n) {
    if (s.chain.dispute(channel.id)?.phase === 'concluded') break
    await s.mine({ seconds: 60n })
  }
  expect(s.chain.dispute(channel.id)).toMatchObject({ version: 9n, phase: 'concluded' })
}

describe('D2: a final state whose conclusion is refused', () => {
  it.each(
    Object.entries(holders).flatMap(([what, holder]) =>
      [30n, 600n, 86_400n].map((duration) => ({ what, holder, duration })),
    ),
  )(
    'is registered within $duration s ($what), and concluded when the holder obliges',
    async ({ holder, duration }) => {
      await outlastsHolder(holder, duration)
    },
    30_000,
  )

  it('does not hold up a stop or a shutdown, though nothing else can be done', async () => {
    const { s } = await withHolder(refusesAtOnce)
    const channel = testChannel({ hasApp: true })
    const watch = await s.watch(channel.signed(9n, { isFinal: true }))
    await s.mine({ calls: [registers(channel.signed(8n))], withPending: false })
    s.chain.faults.send = () => {
      throw refusal()
    }
    await s.mine({ seconds: 700n, calls: [progresses(channel.signed(8n), channel.signed(9n))] })
    for (let block = 0; block < 20; block++) await s.mine()
    const stopping = watch.stop()
    const isStuck = await isPending(stopping)
    await s.mine()
    await stopping
    expect(isStuck).toBe(false)
    await s.engine.shutdown()
  })

  it('is tried again ever more rarely where only a conclusion helps, and at once after each move', async () => {
    const { s, conclusions, oblige } = await withHolder(refusesAtOnce)
    await using _ = s
    const channel = testChannel({ hasApp: true })
    await s.mine({ calls: [registers(channel.signed(8n))] })
    await s.mine({ seconds: 601n })
    await s.watch(channel.signed(20n, { isFinal: true }))
    for (let block = 0; block < 200; block++) await s.mine({ seconds: 1n })
    expect(conclusions()).toBeLessThanOrEqual(16)
    oblige()
    await s.mine({ calls: [progresses(channel.signed(8n), channel.signed(9n))] })
    await s.mine()
    expect(s.chain.dispute(channel.id)).toMatchObject({ version: 20n, phase: 'concluded' })
  }, 30_000)
})

describe('D3: a forced execution', () => {
  it('of any length is beaten by the final state that everybody signed', async () => {
    await using s = await setup()
    const channel = testChannel({ hasApp: true })
    const watch = await s.watch(channel.signed(9n, { isFinal: true }))
    s.chain.faults.send = () => {
      throw new Error('connection refused')
    }
    await s.mine({ calls: [registers(channel.signed(8n))] })
    await s.mine({ seconds: 601n, calls: [progresses(channel.signed(8n), channel.signed(9n))] })
    await s.mine({ calls: [progresses(channel.signed(9n), channel.signed(10n))] })
    delete s.chain.faults.send
    for (let block = 0; block < 3; block++) await s.mine()
    expect(s.chain.dispute(channel.id)).toMatchObject({ version: 9n, phase: 'concluded' })
    expect(watch.told).not.toContain('endangered same-version')
  })

  it('that is not final leaves nothing to do, and is called by its name', async () => {
    await using s = await setup()
    const channel = testChannel({ hasApp: true })
    const watch = await s.watch(channel.signed(9n))
    s.chain.faults.send = () => {
      throw new Error('connection refused')
    }
    await s.mine({ calls: [registers(channel.signed(8n))] })
    const moved = { ...channel.signed(9n, { isFinal: true }) }
    await s.mine({ seconds: 601n, calls: [progresses(channel.signed(8n), moved)] })
    await s.mine()
    expect(watch.told).toContain('endangered too-late')
    expect(watch.told).not.toContain('endangered same-version')
    // A final state is still worth everything.
    delete s.chain.faults.send
    await watch.publish(channel.signed(30n, { isFinal: true }))
    await s.mine()
    await s.mine()
    expect(s.chain.dispute(channel.id)).toMatchObject({ version: 30n, phase: 'concluded' })
  })
})
