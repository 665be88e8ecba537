import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Actor, createActor, type Progress } from '../src/actor.ts'
import { etherOf } from '../src/assets.ts'
import { type Channel, type ChannelOptions, openChannel } from '../src/channel.ts'
import { type Devnet, startDevnet } from '../src/devnet.ts'
import { devKey } from '../src/keys.ts'
import { lock, subAlloc } from '../src/lock.ts'
import { NO_APP, NO_CC, Phase, type State, type SubAlloc } from '../src/model.ts'
import { readDispute } from '../src/reads.ts'
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
  const { app } = devnet.contracts
  return openChannel(devnet, { actors: [alice, bob], balances: [10n, 20n], challengeDuration: 60n, app, ...options })
}

const progress = (move: Progress): Promise<string> => outcome(devnet, alice.progress(move))

const pass = (seconds: number): Promise<void> => devnet.anvil.mine({ secondsPerBlock: seconds })

const register = async (channel: Channel, state: State): Promise<void> => {
  await devnet.confirm(alice.register(await channel.signed(state)))
}

test('each progress opens a window for the next; a final state closes it', async () => {
  const channel = open()
  const [s1, s2, s3, s4] = [
    channel.state(1n),
    channel.state(2n),
    channel.state(3n, { isFinal: true }),
    channel.state(4n),
  ]
  const move = { params: channel.params, actorIdx: 0 }
  expect(await progress({ ...move, stateOld: s1, state: s2 })).toBe('not registered')
  await register(channel, s1)
  expect(await progress({ ...move, stateOld: s1, state: s2 })).toBe('timeout not passed')
  await pass(60)
  expect(await progress({ ...move, stateOld: s1, state: s2 })).toBe('ok')
  const { timestamp } = await devnet.client.getBlock()
  expect(await readDispute(devnet, channel.id)).toMatchObject({
    version: 2n,
    phase: Phase.forceExec,
    timeout: timestamp + 60n,
  })
  expect(await progress({ ...move, stateOld: s2, state: s3 })).toBe('ok')
  expect(await progress({ ...move, stateOld: s3, state: s4 })).toBe('timeout passed')
  expect(await outcome(devnet, alice.conclude({ params: channel.params, state: s3 }))).toBe('ok')
  expect(await progress({ ...move, stateOld: s3, state: s4 })).toBe('invalid phase')
})

test('the window of a progressed state is open until its last second', async () => {
  const channel = open()
  const [s1, s2, s3, s4] = [channel.state(1n), channel.state(2n), channel.state(3n), channel.state(4n)]
  const move = { params: channel.params, actorIdx: 0 }
  await register(channel, s1)
  const at = async (seconds: bigint, stateOld: State, state: State): Promise<string> => {
    const timeout = (await readDispute(devnet, channel.id))?.timeout ?? 0n
    await devnet.anvil.setNextBlockTimestamp(timeout + seconds)
    return progress({ ...move, stateOld, state })
  }
  expect(await at(-1n, s1, s2)).toBe('timeout not passed')
  expect(await at(0n, s1, s2)).toBe('ok')
  expect(await at(-1n, s2, s3)).toBe('ok')
  expect(await at(0n, s3, s4)).toBe('timeout passed')
})

describe('a move is checked in this order:', () => {
  test('app, actor, params, old state, signature, version', async () => {
    const [channel, other, plain] = [open(), open(), open({ app: NO_APP })]
    const [s1, s2, s5] = [channel.state(1n), channel.state(2n), channel.state(5n)]
    await register(channel, s1)
    await register(plain, plain.state(1n))
    await pass(60)
    const bad = { params: other.params, stateOld: s5, state: s5, actorIdx: 2 }
    expect(await progress({ ...bad, params: plain.params, state: plain.state(5n) })).toBe('must have app')
    expect(await progress(bad)).toBe('actorIdx out of range')
    expect(await progress({ ...bad, actorIdx: 1 })).toBe('invalid params')
    expect(await progress({ ...bad, actorIdx: 1, params: channel.params })).toBe('wrong old state')
    const mine = { params: channel.params, stateOld: s1, state: s5, actorIdx: 1 }
    expect(await progress(mine)).toBe('invalid signature')
    expect(await progress({ ...mine, sig: await bob.sign(s5) })).toBe('version must increment by one')
    expect(await progress({ ...mine, state: s2, sig: await bob.sign(s2) })).toBe('ok')
  })

  type Change = (locked: SubAlloc) => Partial<State['outcome']>
  const same: Change = () => ({})
  const locks: Change = (locked) => ({ locked: [locked] })
  const cases: readonly (readonly [string, Change, Change, string])[] = [
    ['more rows of balances', same, () => ({ balances: [[10n, 20n], []] }), 'balances length mismatch'],
    ['fewer assets', same, () => ({ assets: [] }), 'assets length mismatch'],
    ['another chain', same, () => ({ assets: [{ ...etherOf(devnet), chainID: 7n }] }), 'unequal chainID'],
    ['funds locked', same, locks, 'SubAlloc[]: unequal length'],
    ['another lock', locks, (locked) => locks({ ...locked, ID: NO_CC }), 'SubAlloc: unequal ID'],
    ['more locked', locks, (locked) => locks({ ...locked, balances: [6n] }), 'uint256[]: unequal item'],
    ['a lock turned', locks, (locked) => locks({ ...locked, indexMap: [1, 0] }), 'uint16[]: unequal item'],
    ['a lock cut', locks, (locked) => locks({ ...locked, indexMap: [0] }), 'uint16[]: unequal length'],
    ['too many old balances', () => ({ balances: [[10n, 20n, 0n]] }), same, 'old balances length mismatch'],
    ['too many new balances', same, () => ({ balances: [[10n, 20n, 0n]] }), 'new balances length mismatch'],
    ['more money', same, () => ({ balances: [[10n, 21n]] }), 'sum of balances mismatch'],
    ['the same money', locks, (locked) => ({ ...locks(locked), balances: [[30n, 0n]] }), 'ok'],
  ]
  test.each(cases)('then the money: %s', async (_, before, after, expected) => {
    const [channel, sub] = [open(), open({ kind: 'sub', balances: [2n, 3n] })]
    const locked = subAlloc(sub.state(1n))
    const state = (version: bigint, change: Change): State => {
      const plain = channel.state(version)
      return { ...plain, outcome: { ...plain.outcome, ...change(locked) } }
    }
    const [stateOld, next] = [state(1n, before), state(2n, after)]
    const subs = stateOld.outcome.locked.length > 0 ? [await sub.signed(sub.state(1n))] : []
    await devnet.confirm(alice.register(await channel.signed(stateOld), subs))
    await pass(60)
    expect(await progress({ params: channel.params, stateOld, state: next, actorIdx: 0 })).toBe(expected)
  })
})

test('a sub-channel can be progressed as well', async () => {
  const [root, sub] = [open(), open({ kind: 'sub', balances: [2n, 3n], challengeDuration: 20n })]
  const [stateOld, state] = [sub.state(1n), sub.state(2n)]
  await devnet.confirm(alice.register(await root.signed(lock(root.state(0n), stateOld)), [await sub.signed(stateOld)]))
  await pass(20)
  expect(await progress({ params: sub.params, stateOld, state, actorIdx: 0 })).toBe('ok')
  const [newer, progressed] = await Promise.all([root.signed(lock(root.state(1n), state)), sub.signed(state)])
  // From here on the root stands as it is for everyone who has only signed states of the sub-channel.
  expect(await outcome(devnet, bob.register(newer, [await sub.signed(stateOld)]))).toBe('invalid version')
  expect(await outcome(devnet, bob.register(newer, [{ ...progressed, sigs: progressed.sigs.slice(0, 1) }]))).toBe(
    'signatures length mismatch',
  )
})
