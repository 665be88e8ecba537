import type { ChannelId, TransactionHash } from '@perun-watcher/core'
import type { ChainHead, Evidence, GivenState, Patience } from '../judge/evidence.ts'
import { type Interval, without } from '../judge/intervals.ts'
import type { Family } from '../parties/families.ts'
import { acknowledgedIn, type Household } from '../parties/household.ts'
import { hasRoom } from '../world/block-space.ts'
import { simStateHash } from '../world/crypto.ts'
import { type LedgerBlock, startTimestamp } from '../world/ledger.ts'
import type { Tempo } from '../world/tempo.ts'
import { millisecondsOf } from '../world/timeline.ts'
import type { RunOutcome } from './outcome.ts'
import { knownBy, readableFrom } from './sweeps.ts'

/** After the endpoint has refused to show a transaction, how long until it must have been asked again, and have answered. */
const askedAgainMs = 75_000

/** What the judge is told of each family of a run. */
export function evidenceOf(outcome: RunOutcome): readonly Evidence[] {
  const heads = chainHeads(outcome.ledger.heads)
  return outcome.households.map((household) => evidenceFor(outcome, household, heads))
}

function evidenceFor(outcome: RunOutcome, household: Household, heads: readonly ChainHead[]): Evidence {
  const { ledger, nowMs } = outcome
  const { channels, roots, isRising, isMoody } = household.family
  return {
    channels: channels.map(({ id }) => id),
    roots: roots.map(({ id }) => id),
    acknowledged: acknowledgedIn(household),
    shown: shownStates(outcome, household.family),
    offered: offeredStates(outcome, household.family),
    enrolments: household.clients.flatMap(({ enrolments }) => enrolments),
    cuts: [],
    heads,
    zero: startTimestamp,
    endMs: nowMs,
    calm: calmStretches(outcome, household),
    patience: patienceOf(outcome.tempo),
    canBePaid: !isMoody,
    hasRoom: (states) => hasRoom(outcome.sizes, states),
    paid: isRising ? paidIn(ledger.blocks) : undefined,
  }
}

function offeredStates({ ledger }: RunOutcome, { channels }: Family): readonly GivenState[] {
  const ids = new Set(channels.map(({ id }) => id))
  return ledger.offers.flatMap(({ states, timestamp }) =>
    states
      .filter(({ state }) => ids.has(state.channelId))
      .map((signed) => ({ signed, atMs: millisecondsOf(timestamp) })),
  )
}

export function chainHeads(blocks: readonly LedgerBlock[]): readonly ChainHead[] {
  const heads = new Map<LedgerBlock, ChainHead>()
  for (const block of blocks) {
    const { number, timestamp, logs, disputes: records, parent } = block
    const below = parent && heads.get(parent)
    const answers = answersIn(block)
    heads.set(block, { atMs: millisecondsOf(timestamp), number, timestamp, records, logs, answers, parent: below })
  }
  return [...heads.values()]
}

function answersIn({ transactions, reverted }: LedgerBlock): ReadonlyMap<ChannelId, bigint> {
  const taken = transactions.filter(({ byWatcher, hash }) => byWatcher && !reverted.has(hash))
  return new Map(taken.flatMap(({ calldata }) => calldata).map(({ state }) => [state.channelId, state.version]))
}

/** Two confirmations, the rest of a pause after earlier failures, and a block to be included in. */
function patienceOf({ patienceMs, blocks }: Tempo): Patience {
  return { ms: patienceMs, blocks: blocks === undefined ? 0 : 3 }
}

/**
 * Of the states in calldata those that stood at the end of their block, in transactions to which a log of the family leads:
 * one that repeats what is registered below somebody else's root leaves no log that a watcher of the channel could hear.
 */
function shownStates(outcome: RunOutcome, { channels, number }: Family): readonly GivenState[] {
  const windows = new Map(channels.map(({ id, params }) => [id, params.challengeDuration] as const))
  return outcome.ledger.heads.flatMap(({ timestamp, transactions, logs, disputes }) =>
    transactions.flatMap(({ hash, calldata }) => {
      const told = logs
        .filter(({ transactionHash }) => transactionHash === hash)
        .flatMap(({ channelId }) => windows.get(channelId) ?? [])
      if (told.length === 0) return []
      const standing = calldata
        .filter(({ state }) => windows.has(state.channelId))
        .filter(({ state }) => disputes.get(state.channelId)?.stateHash === simStateHash(state))
      if (standing.length === 0) return []
      const atMs = millisecondsOf(timestamp)
      const shownMs = shownBy({ hash, family: number, atMs, windows: told }, outcome)
      if (shownMs > atMs && !isInChain(hash, shownMs, outcome)) return []
      return standing.map((signed) => ({ signed, atMs: shownMs }))
    }),
  )
}

/** Whether a transaction is there at an instant to be looked at: a reorg may have taken it out. */
function isInChain(hash: TransactionHash, atMs: number, { ledger }: RunOutcome): boolean {
  let block = ledger.heads.findLast(({ timestamp }) => millisecondsOf(timestamp) <= atMs)
  for (; block !== undefined; block = block.parent) {
    if (block.transactions.some((transaction) => transaction.hash === hash)) return true
  }
  return false
}

interface Shown {
  readonly hash: TransactionHash
  readonly family: number
  readonly atMs: number
  /** Of the channels that its logs name. */
  readonly windows: readonly bigint[]
}

/** By when the watcher has seen what a transaction shows. What it does not see at once it asks for again and again. */
function shownBy({ hash, family, atMs, windows }: Shown, outcome: RunOutcome): number {
  const isUnseen = outcome.unseen.has(hash)
  const knownMs = isUnseen
    ? Math.max(...windows.map((window) => knownBy(atMs, window, outcome)))
    : readableFrom(atMs, outcome)
  if (!isUnseen && refusedUntil(outcome, family, knownMs) === undefined) return knownMs
  // Each time that it is asked again it may be refused again.
  let askedMs = knownMs
  for (let until = refusedUntil(outcome, family, askedMs); until !== undefined; ) {
    askedMs = until
    until = refusedUntil(outcome, family, askedMs) ?? refusedUntil(outcome, family, askedMs + askedAgainMs)
  }
  return askedMs + askedAgainMs
}

/** Until when the endpoint does not show transactions of a family; `undefined`: it does. */
function refusedUntil({ schedule }: RunOutcome, family: number, atMs: number): number | undefined {
  const ends = [schedule.endOf('recoveryRefused', atMs), schedule.hangsUntil(family, atMs)]
  const known = ends.filter((end) => end !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

/** When nothing outside went wrong for a family, and the watcher was up and could know what the chain holds. */
export function calmStretches(outcome: RunOutcome, { family }: Household): readonly Interval[] {
  const { schedule, uptimes, blindSpots, nowMs } = outcome
  const up = uptimes.map(({ fromMs, untilMs }) => ({ fromMs, untilMs: untilMs ?? nowMs }))
  const blind = family.channels.flatMap(({ id, params }) =>
    blindSpots.of([id]).map(({ fromMs, untilMs, isHidden }) => ({
      fromMs,
      untilMs: isHidden ? Math.min(untilMs, knownBy(fromMs, params.challengeDuration, outcome)) : untilMs,
    })),
  )
  return without(up, [...schedule.spellsOf(family.number), ...wrongTimes(outcome), ...blind])
}

/** The time of a head, if it is wrong, is all that the watcher knows until the next one comes. */
function wrongTimes({ schedule, ledger, nowMs }: RunOutcome): readonly Interval[] {
  return schedule.spellsOfOne('lyingHeads').map(({ fromMs, untilMs }) => {
    const next = ledger.heads.find(({ timestamp }) => millisecondsOf(timestamp) >= untilMs)
    return { fromMs, untilMs: next === undefined ? nowMs : millisecondsOf(next.timestamp) }
  })
}

/** The client is the first participant of each of its channels. */
function paidIn(blocks: readonly LedgerBlock[]): ReadonlyMap<ChannelId, bigint> {
  return new Map(blocks.flatMap(({ payouts }) => [...payouts].map(([id, [first = 0n]]) => [id, first] as const)))
}
