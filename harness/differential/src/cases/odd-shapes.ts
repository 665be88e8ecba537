import { refusal } from '../calls/call.ts'
import { arithmeticPanic, arrayPanic } from '../calls/reasons.ts'
import { conclude, concludeFinal, deposit, register, type Stage, type Stories } from './stage.ts'

/** A root and a sub-channel of it, each with so many rows of balances, all of them 1 and 1. */
function rootAndSub(at: Stage, root: { rows: number; sub: number; assets: number; locked?: number }) {
  const { alice, bob } = at
  const assets = at.assets.slice(0, root.assets)
  const parent = at.open('root', { members: [alice, bob], assets })
  const child = at.open('sub', { members: [alice, bob], kind: 'sub', assets })
  const subState = at.state(child, 1n, rows(root.sub))
  const locked = [
    at.lock(
      child,
      Array.from({ length: root.locked ?? root.sub }, () => 2n),
    ),
  ]
  return { parent, child, subState, state: at.state(parent, 1n, rows(root.rows), { locked }) }
}

const rows = (count: number): readonly (readonly bigint[])[] => Array.from({ length: count }, () => [1n, 1n])
const maxUint256 = 2n ** 256n - 1n

/**
 * Where Perun's contracts do not do what one would write down from their documents: states whose balances do not fit
 * their assets, and payments that are refused. The answers are Perun's own.
 */
export const oddShapes: Stories = {
  async 'D13: a root with more rows than its sub-channel cannot be registered'(at) {
    const { parent, child, state, subState } = rootAndSub(at, { rows: 3, sub: 2, assets: 2 })
    await at.play(0, register(at.signed(parent, state), at.signed(child, subState)), arrayPanic)
  },
  async 'D13: a root with fewer rows than its sub-channel can'(at) {
    const { parent, child, state, subState } = rootAndSub(at, { rows: 1, sub: 2, assets: 1 })
    await at.play(0, register(at.signed(parent, state), at.signed(child, subState)), 'ok')
    await at.play(60, conclude(parent, state, subState), 'ok')
  },
  async 'D13: a root without rows takes any sub-channel, and never ends'(at) {
    const { parent, child, state, subState } = rootAndSub(at, { rows: 0, sub: 1, assets: 1 })
    await at.play(0, register(at.signed(parent, state), at.signed(child, subState)), 'ok')
    await at.play(60, conclude(parent, state, subState), arrayPanic)
  },
  async 'D13: a sub-channel without rows fits no root with a row'(at) {
    const { parent, child, state, subState } = rootAndSub(at, { rows: 1, sub: 0, assets: 1 })
    await at.play(0, register(at.signed(parent, state), at.signed(child, subState)), arrayPanic)
  },
  async 'D13: without assets rows still count'(at) {
    const { parent, child, state, subState } = rootAndSub(at, { rows: 1, sub: 2, assets: 0 })
    await at.play(0, register(at.signed(parent, state), at.signed(child, subState)), 'ok')
    await at.play(60, conclude(parent, state, subState), 'ok')
  },
  async 'D13: fewer rows than assets are registered and never paid out'(at) {
    const { parent, child, state, subState } = rootAndSub(at, { rows: 1, sub: 1, assets: 2 })
    await at.play(0, register(at.signed(parent, state), at.signed(child, subState)), 'ok')
    await at.play(60, conclude(parent, state, subState), arrayPanic)
  },
  async 'D13: the number of amounts in the lock is told before rows that are missing'(at) {
    const { parent, child, state, subState } = rootAndSub(at, { rows: 3, sub: 2, assets: 2, locked: 3 })
    await at.play(0, register(at.signed(parent, state), at.signed(child, subState)), 'uint256[]: unequal length')
  },
  async 'D13: a lock of fewer amounts than the sub-channel has rows fits no root'(at) {
    const { parent, child, state, subState } = rootAndSub(at, { rows: 1, sub: 2, assets: 1, locked: 1 })
    await at.play(0, register(at.signed(parent, state), at.signed(child, subState)), 'uint256[]: unequal length')
  },
  async 'D13: other assets are told before rows that are missing'(at) {
    const { parent, child, state, subState } = rootAndSub(at, { rows: 3, sub: 2, assets: 2 })
    const other = { ...subState, outcome: { ...subState.outcome, assets: at.assets.slice(1) } }
    await at.play(0, register(at.signed(parent, state), at.signed(child, other)), 'Asset[]: unequal length')
  },
  async 'D13: of three levels each adds over its own rows'(at) {
    const { alice, bob } = at
    const members = [alice, bob]
    const root = at.open('root', { members })
    const middle = at.open('middle', { members, kind: 'sub' })
    const low = at.open('low', { members, kind: 'sub' })
    const lowState = at.state(low, 1n, rows(3))
    const middleState = at.state(middle, 1n, rows(2), { locked: [at.lock(low, [2n, 2n, 2n])] })
    const all = at.state(root, 1n, rows(1), { locked: [at.lock(middle, [4n, 4n, 2n])] })
    const fitting = at.state(root, 1n, rows(1), { locked: [at.lock(middle, [4n, 4n])] })
    const below = [at.signed(middle, middleState), at.signed(low, lowState)] as const
    await at.play(0, register(at.signed(root, all), ...below), 'uint256[]: unequal length')
    await at.play(0, register(at.signed(root, fitting), ...below), 'ok')
    await at.play(60, conclude(root, fitting, middleState, lowState), 'ok')
  },
  async 'D13: of three levels the middle one must not have more rows than the lowest'(at) {
    const { alice, bob } = at
    const members = [alice, bob]
    const root = at.open('root', { members })
    const middle = at.open('middle', { members, kind: 'sub' })
    const low = at.open('low', { members, kind: 'sub' })
    const lowState = at.state(low, 1n, rows(1))
    const middleState = at.state(middle, 1n, rows(2), { locked: [at.lock(low, [2n])] })
    const state = at.state(root, 1n, rows(1), { locked: [at.lock(middle, [4n, 2n])] })
    const below = [at.signed(middle, middleState), at.signed(low, lowState)] as const
    await at.play(0, register(at.signed(root, state), ...below), arrayPanic)
  },
  async 'D13: balances that overflow are told before sub-channels that are missing'(at) {
    const { parent, child, state, subState } = rootAndSub(at, { rows: 1, sub: 1, assets: 1 })
    const huge = { ...state, outcome: { ...state.outcome, balances: [[maxUint256, 1n]] } }
    await at.play(0, register(at.signed(parent, state)), 'subChannels too short')
    await at.play(0, register(at.signed(parent, huge)), arithmeticPanic)
    await at.play(0, register(at.signed(parent, huge), at.signed(child, subState)), arithmeticPanic)
  },
  async 'D13: balances that overflow in a row beyond the assets count too'(at) {
    const { parent, state } = rootAndSub(at, { rows: 1, sub: 1, assets: 1 })
    const outcome = {
      ...state.outcome,
      balances: [
        [1n, 1n],
        [maxUint256, 1n],
      ],
      locked: [],
    }
    await at.play(0, register(at.signed(parent, { ...state, outcome })), arithmeticPanic)
  },
  async 'D13: balances overflow with what the sub-channel adds, and only in rows that both have'(at) {
    const { parent, child, state } = rootAndSub(at, { rows: 1, sub: 2, assets: 1 })
    const subState = at.state(child, 1n, [
      [1n, 1n],
      [maxUint256, 0n],
    ])
    const locked = [at.lock(child, [2n, maxUint256])]
    const full = { ...state, outcome: { ...state.outcome, balances: [[maxUint256 - 2n, 0n]], locked } }
    const over = { ...state, outcome: { ...state.outcome, balances: [[maxUint256 - 1n, 0n]], locked } }
    const sub = at.signed(child, subState)
    await at.play(0, register(at.signed(parent, over), sub), arithmeticPanic)
    await at.play(0, register(at.signed(parent, full), sub), 'ok')
  },
  async 'D13: a progressed state needs a row for each asset, and may have more'(at) {
    const { alice, bob } = at
    const members = [alice, bob]
    const few = at.open('few', { members, hasApp: true, assets: at.assets })
    const many = at.open('many', { members, hasApp: true })
    const fewOld = at.state(few, 1n, rows(1))
    const manyOld = at.state(many, 1n, rows(2))
    await at.play(0, register(at.signed(few, fewOld)), 'ok')
    await at.play(0, register(at.signed(many, manyOld)), 'ok')
    await at.play(60, at.move(few, fewOld, at.state(few, 2n, rows(1))), arrayPanic)
    await at.play(
      60,
      at.move(
        many,
        manyOld,
        at.state(many, 2n, [
          [2n, 0n],
          [7n, 7n],
        ]),
      ),
      'ok',
    )
  },
  async 'D13: a final state with fewer rows than assets pays out nothing at all'(at) {
    const channel = at.open('root', { members: [at.alice, at.bob], assets: at.assets })
    const state = at.state(channel, 1n, rows(1), { isFinal: true })
    await at.play(0, concludeFinal(at.signed(channel, state)), arrayPanic)
    await at.play(0, register(at.signed(channel, state)), 'ok')
    await at.play(0, conclude(channel, state), arrayPanic)
  },
  async 'D13: a refused payment has the words of the receiver, or none'(at) {
    const { addresses, alice, bob } = at
    const channel = at.open('root', { members: [alice, bob] })
    const [holder] = addresses.etherHolders
    await at.play(0, deposit(channel, 0, holder, 5n), 'ok')
    const final = at.state(channel, 1n, [[5n, 0n]], { isFinal: true })
    await at.play(1, concludeFinal(at.signed(channel, final)), 'ok')
    const { silentReceiver, greedyReceiver, talkingReceiver, adjudicator } = addresses
    const silence = 'without a reason'
    for (const receiver of [silentReceiver, greedyReceiver, adjudicator, holder]) {
      await at.play(2, at.withdrawal(channel, alice, receiver, 2n), silence)
    }
    await at.play(2, at.withdrawal(channel, alice, greedyReceiver, 0n), silence)
    await at.play(2, at.withdrawal(channel, alice, talkingReceiver, 2n), refusal)
    await at.play(2, at.withdrawal(channel, alice, talkingReceiver, 0n), refusal)
    await at.play(3, at.withdrawal(channel, alice, alice.participant.address, 2n), 'ok')
  },
}
