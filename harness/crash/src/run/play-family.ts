import {
  type Channel,
  type Dispute,
  Phase,
  readDispute,
  readHoldings,
  type SignedState,
  stateHash,
  TransactionReverted,
} from '@perun-watcher/devnet'
import { Refused } from '@perun-watcher/harness-kit/child'
import type { Hex } from 'viem'
import type { Cheat, FamilyScript } from '../script/family-script.ts'
import { challengeDuration, type FamilyStates, familyStates, type Parties } from '../script/family-states.ts'
import type { Waves } from '../script/waves.ts'
import type { Miner } from '../world/miner.ts'
import type { Acknowledgements } from './acknowledgements.ts'
import { Violation } from './verdict.ts'
import type { WatcherHost } from './watcher-host.ts'

export interface Patience {
  /** Milliseconds after which a dispute is given peace from kills. */
  readonly truceMs: number
  /** Milliseconds after which it counts as forgotten. */
  readonly forgottenMs: number
}

export interface Setup extends Parties {
  readonly miner: Miner
  readonly host: WatcherHost
  readonly waves: Waves
  readonly acknowledgements: Acknowledgements
  readonly patience: Patience
  readonly tally: Tally
}

/** What the cheater did, and what it took. */
export interface Tally {
  /** Registrations of states that were older than the newest acknowledged ones. */
  disputes: number
}

/** How a family ended on the chain: what must be the same with and without kills. */
export interface FamilyOutcome {
  readonly number: number
  /** Concluded versions, depth first. */
  readonly versions: readonly bigint[]
  /** Wei that each party may withdraw. */
  readonly balances: readonly bigint[]
}

/** Blocks have room for many calls, if none of them asks for too much of it. */
const gas = 1_500_000n
const plentyOfGas = 4_000_000n

/**
 * Seconds before the end of the window when the newest states are due. What was acknowledged before the cheat is registered at
 * once; what clients published after that is put in its place when half of the time left has passed.
 */
const improvementTime = challengeDuration / 4n

export async function playFamily(setup: Setup, script: FamilyScript): Promise<FamilyOutcome> {
  const states = await familyStates(setup, script)
  const { root, sub } = states
  await Promise.all((await root.fund()).map(({ wait }) => wait()))
  await guard(setup, states.newest('root'))
  if (sub !== undefined) await openSub(setup, script, states)
  for (const payment of script.before) await guard(setup, await states.pay(payment), parentOf(states, payment.member))
  await setup.waves.join()
  const promised = states.newestTree()
  await dispute(setup, script, states)
  const refuted = await answer(setup, promised, isAtLeast)
  await setup.waves.meet(refuted.timeout - improvementTime)
  const improved = await answer(setup, states.newestTree(), isThis)
  await setup.waves.pass(improved.timeout)
  await conclude(setup, states)
  await leave(setup, states)
  return outcomeOf(setup, script, states)
}

const membersOf = ({ root, sub }: FamilyStates): readonly Channel[] => (sub === undefined ? [root] : [root, sub])

function parentOf({ root }: FamilyStates, member: 'root' | 'sub'): Hex | undefined {
  return member === 'sub' ? root.id : undefined
}

async function guard({ host, acknowledgements }: Setup, signed: SignedState, parent?: Hex): Promise<void> {
  await host.ask({ type: 'guard', signed, parent })
  acknowledgements.acknowledged(signed, parent !== undefined)
}

async function openSub(setup: Setup, { locksFirst }: FamilyScript, states: FamilyStates): Promise<void> {
  const first = states.newest('sub')
  const locking = await states.lockSub()
  if (locksFirst) await guard(setup, locking)
  await guard(setup, first, states.root.id)
  if (!locksFirst) await guard(setup, locking)
}

/** The cheater registers old states while new ones are published. */
async function dispute(setup: Setup, script: FamilyScript, states: FamilyStates): Promise<void> {
  for (const { id } of membersOf(states)) setup.acknowledgements.registered(id)
  const { cheats, during, endsFinal } = script
  const [first, ...others] = cheats
  if (!(await register(setup, states, first))) throw new Error(`The first cheat of family ${script.number} failed.`)
  const racing: Promise<boolean>[] = []
  const stride = Math.ceil(during.length / (others.length + 1))
  for (const [index, payment] of during.entries()) {
    await guard(setup, await states.pay(payment), parentOf(states, payment.member))
    const cheat = (index + 1) % stride === 0 ? others[racing.length] : undefined
    if (cheat !== undefined) racing.push(unheard(register(setup, states, cheat)))
  }
  if (endsFinal) await guard(setup, await states.finish())
  await Promise.all(racing)
}

/** A failure of it is heard of when somebody waits for it, and if nobody ever does, the run has failed already. */
function unheard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

/** @returns whether the contract took it. */
async function register({ cheater, host, tally }: Setup, states: FamilyStates, cheat: Cheat): Promise<boolean> {
  if (cheat.isUnseen) await host.nextDeath()
  const [root, ...subs] = states.oldTree(cheat)
  const sent = cheat.isHidden
    ? await cheater.registerThroughRelay(root, subs, { gas })
    : await cheater.register(root, subs, { gas })
  try {
    await sent.wait()
    tally.disputes += 1
    return true
  } catch (error) {
    // The watcher was faster.
    if (error instanceof TransactionReverted) return false
    throw error
  }
}

/** The states that have to stand, root first. */
type Tree = readonly [SignedState, ...SignedState[]]

/** Waits until such states stand in the place of the old ones. */
async function answer(
  { devnet, miner, host, patience }: Setup,
  tree: Tree,
  stands: (record: Dispute, expected: SignedState) => boolean,
): Promise<Dispute> {
  const started = performance.now()
  let peace: Disposable | undefined
  try {
    for (; ; await miner.nextBlock()) {
      const records = await Promise.all(tree.map(({ state }) => readDispute(devnet, state.channelID)))
      const [root] = records
      const late = tree.findIndex((expected, index) => {
        const record = records[index]
        return record === undefined || !stands(record, expected)
      })
      const expected = tree[late]
      if (root !== undefined && expected === undefined) return root
      const waited = performance.now() - started
      if (waited > patience.truceMs) peace ??= host.truce()
      // What waits to be concluded only cannot be too late: a final state that is registered has no window.
      const isLate =
        root !== undefined && miner.now >= root.timeout && !tree.every((each, at) => isSame(records[at], each))
      if (isLate || waited > patience.forgottenMs) throw forgotten(expected ?? tree[0], records[late], isLate)
    }
  } finally {
    peace?.[Symbol.dispose]()
  }
}

function forgotten({ state }: SignedState, record: Dispute | undefined, isLate: boolean): Violation {
  const why = isLate ? 'the window has closed' : 'the watcher was left in peace long enough'
  return new Violation(
    'forgotten',
    `channel ${state.channelID}, version ${record?.version ?? 'none'} stands, ${state.version} is acknowledged; ${why}`,
  )
}

const isAtLeast = (record: Dispute, { state }: SignedState): boolean => record.version >= state.version

const isSame = (record: Dispute | undefined, { state }: SignedState): boolean => record?.stateHash === stateHash(state)

/** A final state is not left to be concluded by others. */
const isThis = (record: Dispute, expected: SignedState): boolean =>
  isSame(record, expected) && (!expected.state.isFinal || record.phase === Phase.concluded)

async function conclude({ devnet, honest }: Setup, states: FamilyStates): Promise<void> {
  const record = await readDispute(devnet, states.root.id)
  if (record?.phase === Phase.concluded) return
  const [{ params, state }, ...subs] = states.newestTree()
  const sent = await honest.conclude({ params, state, subStates: subs.map((sub) => sub.state) }, { gas: plentyOfGas })
  await sent.wait()
}

/** Nothing of it is at stake any more. */
async function leave({ host, acknowledgements }: Setup, { root, sub }: FamilyStates): Promise<void> {
  const ids = [...(sub === undefined ? [] : [sub.id]), root.id]
  for (const id of ids) acknowledgements.released(id)
  for (const id of ids) {
    try {
      await host.ask({ type: 'stop', id })
    } catch (error) {
      // It was stopped by a process that was killed before it could say so.
      if (!(error instanceof Refused && error.code === 'CHANNEL_UNKNOWN')) throw error
    }
  }
}

async function outcomeOf(setup: Setup, { number }: FamilyScript, states: FamilyStates): Promise<FamilyOutcome> {
  const { devnet, honest, cheater } = setup
  const tree = states.newestTree()
  const records = await Promise.all(tree.map(({ state }) => readDispute(devnet, state.channelID)))
  for (const [index, { state }] of tree.entries()) {
    const record = records[index]
    if (record?.phase === Phase.concluded && record.stateHash === stateHash(state)) continue
    const { channelID, version } = state
    throw new Violation('outcome', `channel ${channelID} ended at ${record?.version ?? 'none'} instead of ${version}`)
  }
  const balances = await Promise.all(
    [honest, cheater].map(({ address }) => readHoldings(devnet, states.root.id, address)),
  )
  return { number, versions: tree.map(({ state }) => state.version), balances }
}
