import { describe, expect, it } from 'vitest'
import type { AdjudicatorEvent, ChainFact } from '../../../src/index.ts'
import { WatcherError } from '../../../src/index.ts'
import { modelChain, progresses, registers, type TestChannel, testChannel } from '../../../src/testing/index.ts'
import { isPending, type Setup, settle, setup, type Watched } from '../../support/setup.ts'

function factOf({ events }: Watched, type: ChainFact['type'], version: bigint): ChainFact {
  const found = events.find((event): event is ChainFact => event.type === type && event.version === version)
  if (found === undefined) throw new Error(`no ${type} ${version} was told`)
  return found
}

const secondsPerBlock = 12n

/** An app channel whose registered state a participant has replaced by playing on, alone. */
async function played(s: Setup): Promise<{ readonly channel: TestChannel; readonly watch: Watched }> {
  const channel = testChannel({ hasApp: true, duration: 60n })
  const watch = await s.watch(channel.signed(2n))
  await s.mine({ calls: [registers(channel.signed(2n))] })
  for (let passed = 0n; passed < 72n; passed += secondsPerBlock) await s.mine()
  await s.mine({ calls: [progresses(channel.signed(2n), channel.signed(3n))] })
  return { channel, watch }
}

describe('the state of a registration', () => {
  it('is added where it is held, without a look into the transaction', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(1n))
    await watch.publish(channel.signed(4n))
    await s.mine({ calls: [registers(channel.signed(4n), [], true)] })
    const { state, sigs } = channel.signed(4n)
    const fact = factOf(watch, 'registered', 4n)
    expect(fact).not.toHaveProperty('transaction')
    expect(await s.engine.describe(fact)).toEqual({ ...fact, transaction: { state, sigs } })
  })

  it('is added where the transaction shows it, old or new, also when the record has gone on', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(3n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    for (let block = 0; block < 3; block++) await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(3n)
    const fact = factOf(watch, 'registered', 1n)
    expect(await s.engine.describe(fact)).toMatchObject({ transaction: { state: channel.signed(1n).state } })
  })

  it('is that of the contract, where somebody signed two states of the same version', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    const rival = channel.signed(5n, { isFinal: true })
    await s.mine({ calls: [registers(rival)] })
    const fact = factOf(watch, 'registered', 5n)
    expect(await s.engine.describe(fact)).toMatchObject({ transaction: { state: rival.state } })
  })

  it.each([
    ['of another channel', () => testChannel().signed(1n)],
    ['of another version', (channel: TestChannel) => channel.signed(2n)],
    [
      'that not all have signed',
      (channel: TestChannel) => ({ ...channel.signed(1n), sigs: channel.signed(1n).sigs.slice(1) }),
    ],
    ['that the contract does not hold', (channel: TestChannel) => channel.signed(1n, { isFinal: true })],
  ])('is not made up: the endpoint shows one %s', async (_what, shown) => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(1n, { locks: [] }))
    await watch.publish(channel.signed(9n))
    s.chain.faults.recoverStates = () => [shown(channel)]
    await s.mine({ calls: [registers(channel.signed(1n), [], true)], withPending: false })
    const fact = factOf(watch, 'registered', 1n)
    expect(await s.engine.describe(fact)).toEqual(fact)
  })

  it('is none of another version, whatever hash the endpoint shows beside this one', async () => {
    const chain = modelChain()
    const channel = testChannel()
    const lie = chain.stateHash(channel.signed(9n).state)
    const readRecord = async (...[id]: Parameters<typeof chain.readRecord>) => {
      const read = await chain.readRecord(id)
      return { ...read, record: read.record && { ...read.record, stateHash: lie } }
    }
    await using s = await setup({ chain, chainOverrides: { readRecord } })
    const watch = await s.watch(channel.signed(1n))
    await watch.publish(channel.signed(9n))
    s.chain.faults.recoverStates = () => []
    await s.mine({ calls: [registers(channel.signed(1n), [], true)], withPending: false })
    const fact = factOf(watch, 'registered', 1n)
    expect(await s.engine.describe(fact)).toEqual(fact)
  })

  it('is missing where the endpoint refuses, and the event is told as it is', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(1n))
    await watch.publish(channel.signed(9n))
    s.chain.faults.recoverStates = () => {
      throw new WatcherError('TRACING_UNSUPPORTED', 'no traces')
    }
    await s.mine({ calls: [registers(channel.signed(1n))], withPending: false })
    const fact = factOf(watch, 'registered', 1n)
    expect(await s.engine.describe(fact)).toEqual(fact)
  })

  it('is waited for only a few seconds, and what waits behind it no longer than that', async () => {
    const recoverStates = () => new Promise<never>(() => undefined)
    await using s = await setup({ chainOverrides: { recoverStates } })
    const channel = testChannel()
    const watch = await s.watch(channel.signed(1n))
    await watch.publish(channel.signed(9n))
    await s.mine({ calls: [registers(channel.signed(1n))], withPending: false })
    const fact = factOf(watch, 'registered', 1n)
    const all = Promise.all(Array.from({ length: 20 }, () => s.engine.describe(fact)))
    expect(await isPending(all)).toBe(true)
    await s.clock.pass(5_000)
    await settle()
    expect(await all).toEqual(Array.from({ length: 20 }, () => fact))
  })

  it('is none of a channel that is guarded no more', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(1n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    const fact = factOf(watch, 'registered', 1n)
    await watch.stop()
    expect(await s.engine.describe(fact)).toEqual(fact)
  })
})

describe('the state of a forced execution', () => {
  it('is added with who forced it, and without signatures', async () => {
    await using s = await setup()
    const { channel, watch } = await played(s)
    const fact = factOf(watch, 'progressed', 3n)
    const { state } = channel.signed(3n)
    expect(await s.engine.describe(fact)).toEqual({ ...fact, transaction: { state, sigs: [] }, actor: 0 })
  })

  it.each([
    ['of another version', (channel: TestChannel) => ({ state: channel.signed(4n).state, actor: 0 })],
    [
      'that the contract does not hold',
      (channel: TestChannel) => ({ state: channel.signed(3n, { isFinal: true }).state, actor: 0 }),
    ],
    ['by nobody of the channel', (channel: TestChannel) => ({ state: channel.signed(3n).state, actor: 7 })],
    ['that is nowhere to be seen', () => undefined],
  ])('is not made up: the endpoint shows one %s', async (_what, shown) => {
    await using s = await setup()
    const { channel, watch } = await played(s)
    s.chain.faults.recoverProgress = () => shown(channel)
    const fact = factOf(watch, 'progressed', 3n)
    expect(await s.engine.describe(fact)).toEqual(fact)
  })

  it('is unknown where the ledger does not tell such things', async () => {
    await using s = await setup({ chainOverrides: { recoverProgress: undefined } })
    const { watch } = await played(s)
    const fact = factOf(watch, 'progressed', 3n)
    expect(await s.engine.describe(fact)).toEqual(fact)
  })
})

it('what is no fact of the chain is left as it is', async () => {
  await using s = await setup()
  const event: AdjudicatorEvent = {
    type: 'learned',
    channelId: testChannel().id,
    version: 1n,
    transaction: testChannel().signed(1n),
  }
  expect(await s.engine.describe(event)).toBe(event)
})
