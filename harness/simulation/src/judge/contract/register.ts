import type { Asset, ChannelId, SignedState, SubAlloc } from '@perun-watcher/core'
import { isSignedByAll, type Notary } from './notary.ts'
import {
  type Answer,
  type ContractRecord,
  outOfBounds,
  overflow,
  type Records,
  recordFor,
  refused,
  sumOf,
} from './records.ts'

/** A walk through the tree, depth first. */
interface Walk {
  readonly notary: Notary
  readonly records: Map<ChannelId, ContractRecord>
  readonly now: bigint
  /** All that was handed in besides the root. */
  readonly others: readonly SignedState[]
  /** The next of them that is to be used. */
  next: number
}

/** `register(channel, subChannels)`, fact sheet 3.2. All or nothing. */
export function register(
  notary: Notary,
  records: Records,
  channel: SignedState,
  subChannels: readonly SignedState[],
  now: bigint,
): Answer {
  if (!channel.params.ledgerChannel) return refused('not ledger')
  const walk: Walk = { notary, records: new Map(records), now, others: subChannels, next: 0 }
  const totals = registerWithLocks(walk, channel)
  if (typeof totals === 'string') return refused(totals)
  return { type: 'taken', records: walk.records, outcome: undefined }
}

/** @returns per row what the channel distributes with all below it, or the rule that is broken. */
function registerWithLocks(walk: Walk, channel: SignedState): readonly bigint[] | string {
  const fault = registerSingle(walk, channel)
  if (fault !== undefined) return fault
  const { assets, balances, locked } = channel.state.outcome
  const own = balances.map(sumOf).filter((sum) => sum !== undefined)
  if (own.length < balances.length) return overflow
  if (locked.length > walk.others.length) return 'subChannels too short'
  let totals: readonly bigint[] = own
  for (const lock of locked) {
    const below = registerLocked(walk, lock, assets)
    if (typeof below === 'string') return below
    const sums = added(totals, below)
    if (typeof sums === 'string') return sums
    totals = sums
  }
  return totals
}

/** What is below is added row by row of the parent. */
function added(totals: readonly bigint[], below: readonly bigint[]): readonly bigint[] | string {
  if (below.length < totals.length) return outOfBounds
  const sums = totals.map((total, row) => sumOf([total, below[row] ?? 0n])).filter((sum) => sum !== undefined)
  return sums.length < totals.length ? overflow : sums
}

function registerLocked(walk: Walk, lock: SubAlloc, assets: readonly Asset[]): readonly bigint[] | string {
  const sub = walk.others[walk.next]
  walk.next += 1
  if (sub === undefined) return outOfBounds
  if (sub.state.channelId !== lock.channelId) return 'invalid sub-channel id'
  const below = registerWithLocks(walk, sub)
  if (typeof below === 'string') return below
  if (!isSameAssets(assets, sub.state.outcome.assets)) return 'unequal assets'
  if (!isSameAmounts(lock.balances, below)) return 'uint256[]: unequal'
  return below
}

/** One channel of the tree. @returns the rule that is broken. */
function registerSingle({ notary, records, now }: Walk, channel: SignedState): string | undefined {
  const { params, state } = channel
  if (notary.channelId(params) !== state.channelId) return 'invalid params'
  if (!isSignedByAll(notary, channel)) return 'invalid signature'
  if (params.virtualChannel && params.app !== undefined) return 'cannot have app'
  if (params.virtualChannel && state.outcome.locked.length > 0) return 'funds locked'
  const registered = records.get(state.channelId)
  const stateHash = notary.stateHash(state)
  // The same state again is no offence and changes nothing, at any time and in any phase.
  if (registered?.stateHash === stateHash) return undefined
  if (registered !== undefined) {
    if (registered.version >= state.version) return 'invalid version'
    if (registered.phase !== 'dispute') return 'incorrect phase'
    if (now >= registered.timeout) return 'refutation timeout passed'
  }
  const { version, isFinal } = state
  const { challengeDuration, app } = params
  const written = {
    version,
    phase: 'dispute',
    stateHash,
    hasApp: app !== undefined,
    challengeDuration,
    isFinal,
  } as const
  const record = recordFor(registered, written, now)
  if (record === undefined) return overflow
  records.set(state.channelId, record)
  return undefined
}

export function isSameAsset(a: Asset | undefined, b: Asset | undefined): boolean {
  return a?.chainId === b?.chainId && a?.holder === b?.holder && a?.crossChainHolder === b?.crossChainHolder
}

function isSameAssets(a: readonly Asset[], b: readonly Asset[]): boolean {
  return a.length === b.length && a.every((asset, index) => isSameAsset(asset, b[index]))
}

export function isSameAmounts(a: readonly bigint[], b: readonly bigint[]): boolean {
  return a.length === b.length && a.every((amount, index) => amount === b[index])
}
