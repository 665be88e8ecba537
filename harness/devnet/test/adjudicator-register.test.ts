import { concat, type Hex, hexToBigInt, numberToHex, slice } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Actor, createActor, registerInput } from '../src/actor.ts'
import { etherOf } from '../src/assets.ts'
import { type Channel, type ChannelOptions, openChannel } from '../src/channel.ts'
import { channelId, stateHash } from '../src/codec.ts'
import { type Devnet, startDevnet } from '../src/devnet.ts'
import { devKey } from '../src/keys.ts'
import { lock, subAlloc } from '../src/lock.ts'
import { NO_CC, type SignedState, type State } from '../src/model.ts'
import { readChannelUpdates, readDispute } from '../src/reads.ts'
import { outcome } from './support/outcome.ts'

let devnet: Devnet
let alice: Actor
let bob: Actor

beforeAll(async () => {
  devnet = await startDevnet({ automine: false })
  alice = await createActor(devnet, devKey(1))
  bob = await createActor(devnet, devKey(2))
})
afterAll(() => devnet.stop())

function open(options: Partial<ChannelOptions> = {}): Channel {
  return openChannel(devnet, { actors: [alice, bob], balances: [10n, 20n], challengeDuration: 60n, ...options })
}

const register = (channel: SignedState, subs: readonly SignedState[] = []): Promise<string> =>
  outcome(devnet, alice.register(channel, subs))

const pass = (seconds: number): Promise<void> => devnet.anvil.mine({ blocks: 1, secondsPerBlock: seconds })

/** The same state with some of its allocation replaced. */
function withOutcome(state: State, outcome: Partial<State['outcome']>): State {
  return { ...state, outcome: { ...state.outcome, ...outcome } }
}

describe('one channel is checked in this order:', () => {
  test('ledger channel, then params, then the number of signatures', async () => {
    const [a, b, sub] = [open(), open(), open({ kind: 'sub' })]
    const state = a.state(1n)
    expect(await register({ params: sub.params, state, sigs: [] })).toBe('not ledger')
    expect(await register({ params: b.params, state, sigs: [] })).toBe('invalid params')
    expect(await register({ params: a.params, state, sigs: [] })).toBe('signatures length mismatch')
  })

  test('signatures before what a virtual channel must not have, an app before locked funds', async () => {
    const channel = open({ app: devnet.contracts.app })
    const params = { ...channel.params, virtualChannel: true }
    const virtual = { ...open(), params, id: channelId(params) }
    const locked = [{ ID: NO_CC, balances: [1n], indexMap: [0, 1] }]
    const state = { ...channel.state(1n, { locked }), channelID: virtual.id }
    const bare = { ...params, app: open().params.app }
    const bareState = { ...state, channelID: channelId(bare) }
    expect(await register({ params, state, sigs: ['0x', '0x'] })).toBe('ECDSA: invalid signature length')
    expect(await register({ params, state, sigs: await sign(state) })).toBe('cannot have app')
    expect(await register({ params: bare, state: bareState, sigs: await sign(bareState) })).toBe('funds locked')
  })

  test('an older version is told before the time and the phase', async () => {
    const channel = open()
    const [old, middle, late] = await Promise.all([1n, 2n, 3n].map((version) => channel.signed(channel.state(version))))
    if (!(old && middle && late)) throw new Error('three states')
    expect(await register(middle)).toBe('ok')
    await pass(60)
    expect(await register(old)).toBe('invalid version')
    expect(await register(late)).toBe('refutation timeout passed')
    expect(await register(middle)).toBe('ok')
    expect(await outcome(devnet, alice.conclude(middle))).toBe('ok')
    expect(await register(old)).toBe('invalid version')
    expect(await register(late)).toBe('incorrect phase')
    expect(await register(middle)).toBe('ok')
    const updates = await readChannelUpdates(devnet, { channelId: channel.id })
    expect(updates.map(({ version, phase }) => [version, phase])).toEqual([
      [2n, 0],
      [2n, 2],
    ])
  })

  test('the same version with other content is no repetition', async () => {
    const channel = open()
    expect(await register(await channel.signed(channel.state(1n)))).toBe('ok')
    expect(await register(await channel.signed(channel.state(1n, { appData: '0x01' })))).toBe('invalid version')
  })
})

describe('signatures', () => {
  const half = 2n ** 255n
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const forms: readonly (readonly [string, (sig: Hex) => Hex, string])[] = [
    ['as they should be', (sig) => sig, 'ok'],
    ['compact', (sig) => compact(sig), 'ok'],
    [
      'v 0 or 1',
      (sig) => concat([slice(sig, 0, 64), numberToHex(v(sig) - 27, { size: 1 })]),
      "ECDSA: invalid signature 'v' value",
    ],
    ['high s', (sig) => highS(sig, v(sig) === 27 ? 28 : 27), "ECDSA: invalid signature 's' value"],
    ['high s and a bad v', (sig) => highS(sig, 99), "ECDSA: invalid signature 's' value"],
    ['63 bytes', (sig) => slice(sig, 0, 63), 'ECDSA: invalid signature length'],
    ['66 bytes', (sig) => concat([sig, '0x00']), 'ECDSA: invalid signature length'],
    ['r 0', (sig) => concat([NO_CC, slice(sig, 32)]), 'ECDSA: invalid signature'],
    ["somebody else's", () => bobs, 'invalid signature'],
  ]
  let bobs: Hex

  const v = (sig: Hex): number => Number(slice(sig, 64))
  const s = (sig: Hex): bigint => hexToBigInt(slice(sig, 32, 64))
  const compact = (sig: Hex): Hex => {
    const parity = v(sig) === 28 ? half : 0n
    return concat([slice(sig, 0, 32), numberToHex(s(sig) + parity, { size: 32 })])
  }
  const highS = (sig: Hex, otherV: number): Hex =>
    concat([slice(sig, 0, 32), numberToHex(order - s(sig), { size: 32 }), numberToHex(otherV, { size: 1 })])

  test.each(forms)('%s', async (_, change, expected) => {
    const channel = open()
    const state = channel.state(1n)
    bobs = await bob.sign(state)
    const sigs = [change(await alice.sign(state)), bobs]
    expect(await register({ params: channel.params, state, sigs })).toBe(expected)
  })
})

describe('times', () => {
  test('a refutation keeps the window, a final state closes it at once', async () => {
    const channel = open()
    await register(await channel.signed(channel.state(1n)))
    const first = await readDispute(devnet, channel.id)
    await pass(30)
    await register(await channel.signed(channel.state(2n)))
    expect(await readDispute(devnet, channel.id)).toMatchObject({ version: 2n, timeout: first?.timeout })
    const { blockNumber } = await devnet.confirm(
      alice.register(await channel.signed(channel.state(3n, { isFinal: true }))),
    )
    const { timestamp } = await devnet.client.getBlock({ blockNumber })
    expect(await readDispute(devnet, channel.id)).toMatchObject({ version: 3n, timeout: timestamp })
    expect(await register(await channel.signed(channel.state(4n)))).toBe('refutation timeout passed')
  })

  test('the record holds what was registered, in the order of the getter', async () => {
    const channel = open({ challengeDuration: 77n, app: devnet.contracts.app })
    const state = channel.state(5n)
    const { blockNumber } = await devnet.confirm(alice.register(await channel.signed(state)))
    const { timestamp } = await devnet.client.getBlock({ blockNumber })
    expect(await readDispute(devnet, channel.id)).toEqual({
      timeout: timestamp + 77n,
      challengeDuration: 77n,
      version: 5n,
      phase: 0,
      stateHash: stateHash(state),
      hasApp: true,
    })
    expect(await readDispute(devnet, NO_CC)).toBeUndefined()
  })

  test('only the low 64 bits of the challenge duration count', async () => {
    const channel = open({ challengeDuration: 2n ** 64n + 60n })
    await register(await channel.signed(channel.state(1n)))
    expect((await readDispute(devnet, channel.id))?.challengeDuration).toBe(60n)
  })

  test('the longest challenge duration makes a channel that only a final state can enter', async () => {
    const channel = open({ challengeDuration: 2n ** 64n - 1n })
    expect(await register(await channel.signed(channel.state(1n)))).toBe(
      'panic: arithmetic underflow or overflow (0x11)',
    )
    expect(await register(await channel.signed(channel.state(2n, { isFinal: true })))).toBe('ok')
  })
})

describe('a tree', () => {
  test('entries beyond the tree are ignored; a missing one in its depth is out of bounds', async () => {
    const [root, sub, deep] = [
      open(),
      open({ kind: 'sub', balances: [2n, 2n] }),
      open({ kind: 'sub', balances: [1n, 1n] }),
    ]
    const deepState = deep.state(1n)
    const subState = lock(sub.state(1n), deepState)
    const rootState = root.state(1n, { balances: [8n, 18n], locked: [subAlloc(subState)] })
    const [r, s, d] = await Promise.all([root.signed(rootState), sub.signed(subState), deep.signed(deepState)])
    expect(subAlloc(subState).balances).toEqual([4n])
    expect(await register(r, [])).toBe('subChannels too short')
    expect(await register(r, [s])).toBe('panic: array out-of-bounds access (0x32)')
    expect(await register(r, [s, d, r, d])).toBe('ok')
    expect((await readChannelUpdates(devnet, { channelId: deep.id })).length).toBe(1)
  })

  test('a refutation of one sub-channel logs that one only', async () => {
    const [root, sub] = [open(), open({ kind: 'sub', balances: [2n, 2n] })]
    const rootState = await root.signed(lock(root.state(0n), sub.state(1n)))
    await register(rootState, [await sub.signed(sub.state(1n))])
    const { blockNumber } = await devnet.confirm(
      alice.register(rootState, [await sub.signed(sub.state(2n, { balances: [1n, 3n] }))]),
    )
    const updates = await readChannelUpdates(devnet, { fromBlock: blockNumber })
    expect(updates.map(({ channelID, version }) => [channelID, version])).toEqual([[sub.id, 2n]])
  })

  const ether = () => etherOf(devnet)
  const mismatches: readonly (readonly [string, (state: State) => State, string])[] = [
    ['more assets', (state) => withOutcome(state, { assets: [ether(), ether()] }), 'Asset[]: unequal length'],
    ['another chain', (state) => withOutcome(state, { assets: [{ ...ether(), chainID: 1n }] }), 'unequal chainID'],
    [
      'another holder',
      (state) => withOutcome(state, { assets: [{ ...ether(), ethHolder: alice.address }] }),
      'unequal ethHolder',
    ],
    [
      'another foreign holder',
      (state) => withOutcome(state, { assets: [{ ...ether(), ccHolder: '0x' }] }),
      'unequal ccHolder',
    ],
    [
      'another number of amounts',
      (state) => withOutcome(state, { balances: [[2n, 2n], []] }),
      'uint256[]: unequal length',
    ],
    ['another sum', (state) => withOutcome(state, { balances: [[2n, 1n]] }), 'uint256[]: unequal item'],
    ['another backend, which nobody reads', (state) => withOutcome(state, { backends: [7n] }), 'ok'],
  ]
  test.each(mismatches)('a sub-channel with %s than its parent', async (_, change, expected) => {
    const [root, sub] = [open(), open({ kind: 'sub', balances: [2n, 2n] })]
    const parent = await root.signed(lock(root.state(0n), sub.state(1n)))
    expect(await register(parent, [await sub.signed(change(sub.state(1n)))])).toBe(expected)
  })

  test('one bad entry takes the whole tree back', async () => {
    const [root, sub] = [open(), open({ kind: 'sub', balances: [2n, 2n] })]
    const parent = await root.signed(lock(root.state(0n), sub.state(1n)))
    const entry = await sub.signed(sub.state(1n))
    expect(await register(parent, [{ ...entry, sigs: [...entry.sigs].reverse() }])).toBe('invalid signature')
    expect(await readDispute(devnet, root.id)).toBeUndefined()
  })
})

test('input that is no registration reverts without a reason', async () => {
  const channel = open()
  const data = registerInput(await channel.signed(channel.state(1n)))
  const send = (input: Hex): Promise<string> =>
    outcome(devnet, alice.send({ to: devnet.contracts.adjudicator, data: input }))
  expect(await send(slice(data, 0, 900))).toBe('without a reason')
  expect(await send('0x12345678')).toBe('without a reason')
  expect(await send(data)).toBe('ok')
})

function sign(state: State): Promise<Hex[]> {
  return Promise.all([alice, bob].map((actor) => actor.sign(state)))
}
