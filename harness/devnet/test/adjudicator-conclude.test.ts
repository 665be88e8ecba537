import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Actor, type Conclude, createActor } from '../src/actor.ts'
import { etherOf } from '../src/assets.ts'
import { type Channel, type ChannelOptions, openChannel } from '../src/channel.ts'
import { type Devnet, startDevnet } from '../src/devnet.ts'
import { devKey } from '../src/keys.ts'
import { lock } from '../src/lock.ts'
import { Phase, type SignedState } from '../src/model.ts'
import { readChannelUpdates, readDispute, readHoldings, readSettled } from '../src/reads.ts'
import { outcome } from './support/outcome.ts'

let devnet: Devnet
let alice: Actor
let bob: Actor
let ingrid: Actor

beforeAll(async () => {
  devnet = await startDevnet({ automine: false })
  ;[alice, bob, ingrid] = await Promise.all([
    createActor(devnet, devKey(1)),
    createActor(devnet, devKey(2)),
    createActor(devnet, devKey(3)),
  ])
})
afterAll(() => devnet.stop())

function open(options: Partial<ChannelOptions> = {}): Channel {
  return openChannel(devnet, { actors: [alice, bob], balances: [10n, 20n], challengeDuration: 60n, ...options })
}

const register = (channel: SignedState, subs: readonly SignedState[] = []): Promise<string> =>
  outcome(devnet, alice.register(channel, subs))
const conclude = (what: Conclude): Promise<string> => outcome(devnet, alice.conclude(what))
const concludeFinal = (channel: SignedState): Promise<string> => outcome(devnet, alice.concludeFinal(channel))
const pass = (seconds: number): Promise<void> => devnet.anvil.mine({ secondsPerBlock: seconds })

async function fund(channel: Channel): Promise<void> {
  await devnet.confirmAll(await channel.fund())
}

function holdingsOf(channel: Channel): Promise<bigint[]> {
  return Promise.all(channel.actors.map(({ address }) => readHoldings(devnet, channel.id, address)))
}

describe('conclude', () => {
  test('checks ledger, params, registration, state, phase and time, in this order', async () => {
    const [channel, other, sub] = [open(), open(), open({ kind: 'sub' })]
    const [state, wrong] = [channel.state(1n), channel.state(2n)]
    const { params } = channel
    expect(await conclude({ params: sub.params, state })).toBe('not ledger')
    expect(await conclude({ params: other.params, state })).toBe('invalid params')
    expect(await conclude({ params, state })).toBe('not registered')
    await register(await channel.signed(state))
    expect(await conclude({ params, state: wrong })).toBe('invalid state')
    expect(await conclude({ params, state })).toBe('timeout not passed yet')
    await pass(60)
    expect(await conclude({ params, state })).toBe('ok')
    expect(await conclude({ params, state: wrong })).toBe('invalid state')
    expect(await conclude({ params, state })).toBe('already concluded')
  })

  test('waits for a second window if the channel has an app, even in a final state', async () => {
    const channel = open({ app: devnet.contracts.app })
    const state = channel.state(1n, { isFinal: true })
    const { blockNumber } = await devnet.confirm(alice.register(await channel.signed(state)))
    const { timestamp: registered } = await devnet.client.getBlock({ blockNumber })
    expect(await conclude({ params: channel.params, state })).toBe('timeout not passed yet')
    await pass(60)
    expect(await conclude({ params: channel.params, state })).toBe('ok')
    const [, concluded] = await readChannelUpdates(devnet, { channelId: channel.id })
    expect(concluded).toMatchObject({ phase: Phase.concluded, timeout: registered + 60n })
  })

  test('pays out what the registered state says, sub-channels added through their index maps', async () => {
    const root = open()
    const sub = open({ kind: 'sub', actors: [bob, alice], balances: [5n, 3n] })
    const deep = open({ kind: 'sub', balances: [2n, 1n] })
    await fund(root)
    const deepState = deep.state(1n, { balances: [0n, 3n] })
    const subState = lock(sub.state(0n), deep.state(1n), { indexMap: [1, 0] })
    const rootState = lock(root.state(0n), sub.state(0n), { indexMap: [1, 0] })
    expect(rootState.outcome.balances).toEqual([[7n, 15n]])
    expect(subState.outcome.balances).toEqual([[4n, 1n]])
    const tree = [await sub.signed(subState), await deep.signed(deepState)]
    expect(await register(await root.signed(rootState), tree)).toBe('ok')
    await pass(60)
    const call = { params: root.params, state: rootState }
    expect(await conclude(call)).toBe('panic: array out-of-bounds access (0x32)')
    expect(await conclude({ ...call, subStates: [deepState, subState] })).toBe('invalid subchannel id')
    expect(await conclude({ ...call, subStates: [subState, deep.state(9n)] })).toBe('invalid state')
    expect(await conclude({ ...call, subStates: [subState, deepState] })).toBe('ok')
    // Alice: 7 of the root, 1 of the sub-channel, 0 of the deepest; Bob: 15, 4 and 3.
    expect(await holdingsOf(root)).toEqual([8n, 22n])
    expect(await readSettled(devnet, root.id)).toBe(true)
    expect(await readSettled(devnet, sub.id)).toBe(false)
  })

  test('ends sub-channels whose own window is still open, and keeps the timeout in their log', async () => {
    const [root, sub] = [
      open({ challengeDuration: 10n }),
      open({ kind: 'sub', balances: [1n, 1n], challengeDuration: 3600n }),
    ]
    const [state, subState] = [lock(root.state(0n), sub.state(1n)), sub.state(1n)]
    await register(await root.signed(state), [await sub.signed(subState)])
    const before = await readDispute(devnet, sub.id)
    await pass(10)
    expect(await conclude({ params: root.params, state, subStates: [subState] })).toBe('ok')
    expect(await readDispute(devnet, sub.id)).toEqual({ ...before, phase: Phase.concluded })
    expect(await register(await root.signed(state), [await sub.signed(sub.state(2n))])).toBe('incorrect phase')
  })

  test('an index beyond the participants makes a state that can be registered and never concluded', async () => {
    const [root, sub] = [open({ challengeDuration: 0n }), open({ kind: 'sub', balances: [1n, 1n] })]
    const state = lock(root.state(0n), sub.state(1n), { indexMap: [0, 2] })
    expect(await register(await root.signed(state), [await sub.signed(sub.state(1n))])).toBe('ok')
    expect(await conclude({ params: root.params, state, subStates: [sub.state(1n)] })).toBe(
      'panic: array out-of-bounds access (0x32)',
    )
  })

  test('a virtual channel is concluded once, through whichever parent comes first', async () => {
    const [left, right] = [open({ actors: [alice, ingrid] }), open({ actors: [bob, ingrid] })]
    const virtual = open({ kind: 'virtual', balances: [4n, 6n] })
    const state = virtual.state(1n)
    const [leftState, rightState] = [
      lock(left.state(0n), state, { indexMap: [0, 1] }),
      lock(right.state(0n), state, { indexMap: [1, 0] }),
    ]
    expect(leftState.outcome.balances).toEqual([[6n, 14n]])
    expect(rightState.outcome.balances).toEqual([[4n, 16n]])
    await Promise.all([fund(left), fund(right)])
    expect(await register(await left.signed(leftState), [await virtual.signed(state)])).toBe('ok')
    expect(await register(await right.signed(rightState), [await virtual.signed(state)])).toBe('ok')
    await pass(60)
    expect(await conclude({ params: left.params, state: leftState, subStates: [state] })).toBe('ok')
    expect(await conclude({ params: right.params, state: rightState, subStates: [state] })).toBe('ok')
    const updates = await readChannelUpdates(devnet, { channelId: virtual.id })
    expect(updates.map(({ phase }) => phase)).toEqual([Phase.dispute, Phase.concluded])
    expect(await holdingsOf(left)).toEqual([10n, 20n])
    expect(await holdingsOf(right)).toEqual([10n, 20n])
  })

  test('assets of other chains and of no holder are left out', async () => {
    const foreign = { ...etherOf(devnet), chainID: 1n }
    const nowhere = { ...etherOf(devnet), ethHolder: `0x${'00'.repeat(20)}` } as const
    const balances = [
      [1n, 1n],
      [2n, 3n],
      [5n, 0n],
    ]
    const channel = open({ assets: [foreign, etherOf(devnet), nowhere], balances, challengeDuration: 0n })
    await fund(channel)
    await register(await channel.signed(channel.state(1n)))
    expect(await conclude({ params: channel.params, state: channel.state(1n) })).toBe('ok')
    expect(await holdingsOf(channel)).toEqual([2n, 3n])
  })
})

describe('concludeFinal', () => {
  test('checks ledger, finality, locks, params, signatures and phase, in this order', async () => {
    const [channel, other, sub] = [open(), open(), open({ kind: 'sub', balances: [1n, 1n] })]
    const state = channel.state(1n)
    const final = channel.state(1n, { isFinal: true })
    const locking = { ...lock(channel.state(0n), sub.state(1n)), isFinal: true }
    const bad = { params: sub.params, sigs: [] }
    expect(await concludeFinal({ ...bad, state })).toBe('not ledger')
    expect(await concludeFinal({ ...bad, params: other.params, state })).toBe('state not final')
    expect(await concludeFinal({ ...bad, params: other.params, state: locking })).toBe('has sub-channels')
    expect(await concludeFinal({ ...bad, params: other.params, state: final })).toBe('invalid params')
    expect(await concludeFinal({ ...bad, params: channel.params, state: final })).toBe('signatures length mismatch')
    expect(await concludeFinal(await channel.signed(final))).toBe('ok')
    expect(await concludeFinal({ ...(await channel.signed(final)), sigs: ['0x', '0x'] })).toBe(
      'ECDSA: invalid signature length',
    )
    expect(await concludeFinal(await channel.signed(final))).toBe('concluded already')
  })

  test('wins over any registered version and pays out at once', async () => {
    const channel = open()
    await fund(channel)
    await register(await channel.signed(channel.state(9n)))
    expect(await concludeFinal(await channel.signed(channel.state(2n, { isFinal: true, balances: [25n, 5n] })))).toBe(
      'ok',
    )
    const { timestamp } = await devnet.client.getBlock()
    expect(await readDispute(devnet, channel.id)).toMatchObject({
      version: 2n,
      phase: Phase.concluded,
      timeout: timestamp,
    })
    expect(await holdingsOf(channel)).toEqual([25n, 5n])
  })
})
