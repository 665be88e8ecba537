import type { ChannelId, SignedState } from '@perun-watcher/core'
import { modelStateHash } from '@perun-watcher/core/testing'
import type { Channel } from '../parties/families.ts'
import { acknowledgedIn, type Household, isReleased, newestAcknowledged } from '../parties/household.ts'
import type { BlindSpots } from '../world/blind-spots.ts'
import type { HardshipSchedule } from '../world/hardships.ts'
import type { Ledger, LedgerBlock, ModelCall } from '../world/ledger.ts'
import { millisecondsOf, timestampAt, type Uptime } from '../world/timeline.ts'
import type { VisibleStates } from './outcome.ts'

/**
 * How long a stretch of good luck must be to count: about eight blocks. The watcher may wait two confirmations, be in a
 * pause after earlier failures, and needs a block to be included in.
 */
const fairStretchMs = 100_000
const stepMs = 10_000

export interface FairnessInput {
  readonly household: Household
  readonly ledger: Ledger
  readonly schedule: HardshipSchedule
  readonly uptimes: readonly Uptime[]
  readonly visible: VisibleStates
  readonly blindSpots: BlindSpots
}

/**
 * Whether the chain gave a fair chance to register `version` or a newer acknowledged one in place of the older record:
 * there was a stretch between the acknowledgement (or the record, whichever came later) and the end of the window in
 * which nothing went wrong, the watcher was up, and the contract would have taken a tree of states that it held.
 */
export function hadFairChance(input: FairnessInput, channel: Channel, version: bigint, ackMs: number): boolean {
  const window = windowOf(input, channel, version)
  if (window === undefined) return false
  const fromMs = Math.max(ackMs, window.fromMs)
  for (let at = fromMs; at + fairStretchMs <= window.untilMs; at += stepMs) {
    const until = at + fairStretchMs
    if (!isCalmFor(input, at, until)) continue
    if (couldRegister(input, channel, version, at) && couldRegister(input, channel, version, until)) return true
  }
  return false
}

/** Whether nothing went wrong for the family, the watcher was up, and it could know what the chain holds. */
export function isCalmFor(
  { household, schedule, uptimes, blindSpots }: FairnessInput,
  from: number,
  until: number,
): boolean {
  const { number, channels } = household.family
  const ids = channels.map(({ id }) => id)
  return schedule.isCalm(number, from, until) && isUp(uptimes, from, until) && blindSpots.isClear(ids, from, until)
}

function isUp(uptimes: readonly Uptime[], fromMs: number, untilMs: number): boolean {
  return uptimes.some((uptime) => uptime.fromMs <= fromMs && untilMs <= (uptime.untilMs ?? Number.POSITIVE_INFINITY))
}

/** From the record that stayed older than `version` until nothing could replace it any more. */
function windowOf(
  { ledger, household }: FairnessInput,
  { id }: Channel,
  version: bigint,
): { readonly fromMs: number; readonly untilMs: number } | undefined {
  const logs = ledger.blocks.flatMap((block) => block.logs).filter((log) => log.channelId === id)
  const opened = logs.find((log) => log.phase === 'dispute' && log.version < version)
  const last = logs.findLast((log) => log.phase === 'dispute')
  const concluded = logs.find((log) => log.phase === 'concluded')
  if (opened === undefined || last === undefined) return undefined
  const conclusions = concluded === undefined ? [] : [concluded.block.timestamp]
  // A final state is settled at any time before the conclusion.
  const isFinal = finalState(newestAcknowledged(household, id)?.signed) !== undefined
  const ends = isFinal && conclusions.length > 0 ? conclusions : [last.timeout, ...conclusions]
  const untilMs = Math.min(...ends.map(millisecondsOf))
  return { fromMs: millisecondsOf(opened.block.timestamp), untilMs }
}

export function blockAt(ledger: Ledger, ms: number): LedgerBlock {
  return ledger.blocks.findLast((block) => millisecondsOf(block.timestamp) <= ms) ?? ledger.head
}

/** Whether some tree of states that the watcher held at that moment would have raised the channel to `version`. */
export function couldRegister(input: FairnessInput, channel: Channel, version: bigint, atMs: number): boolean {
  const { household, ledger } = input
  const block = blockAt(ledger, atMs)
  const now = timestampAt(atMs)
  if (couldConclude(input, channel, block, atMs)) return true
  const trees = household.family.roots.flatMap((root) => treesOf(input, root, block, atMs))
  for (const [root, ...subs] of trees) {
    if (root === undefined) continue
    const raised = [root, ...subs].find(({ state }) => state.channelId === channel.id)
    if (raised === undefined || raised.state.version < version) continue
    const call: ModelCall = (adjudicator, before, time) => adjudicator.register(before, root, subs, time)
    if (ledger.tryCall(call, block, now) === undefined) return true
  }
  return false
}

/** A state that concludeFinal takes, if it is of a ledger channel. */
function finalState(signed: SignedState | undefined): SignedState | undefined {
  const isFinal = signed?.params.ledgerChannel && signed.state.isFinal && signed.state.outcome.locked.length === 0
  return isFinal ? signed : undefined
}

function couldConclude(
  { household, ledger }: FairnessInput,
  { id }: Channel,
  block: LedgerBlock,
  atMs: number,
): boolean {
  const final = finalState(newestAcknowledged(household, id, atMs)?.signed)
  if (final === undefined) return false
  const call: ModelCall = (adjudicator, before, time) => adjudicator.concludeFinal(before, final, time)
  return ledger.tryCall(call, block, timestampAt(atMs)) === undefined
}

/** All combinations of held states for a channel and what it locks, depth first. */
function treesOf(
  input: FairnessInput,
  channel: Channel,
  block: LedgerBlock,
  atMs: number,
): readonly (readonly SignedState[])[] {
  const byId = new Map(input.household.family.channels.map((each) => [each.id, each]))
  return heldStates(input, channel, block, atMs).flatMap((signed) => {
    const below = signed.state.outcome.locked.map((lock) => {
      const child = byId.get(lock.channelId)
      return child === undefined ? [] : treesOf(input, child, block, atMs)
    })
    return below
      .reduce<readonly (readonly SignedState[])[]>(
        (trees, options) => trees.flatMap((tree) => options.map((option) => [...tree, ...option])),
        [[]],
      )
      .map((subs) => [signed, ...subs])
  })
}

/** What the watcher may put into a tree: the newest state acknowledged by then, and the registered one if it could see it. */
function heldStates(
  { household, visible }: FairnessInput,
  channel: Channel,
  block: LedgerBlock,
  atMs: number,
): readonly SignedState[] {
  if (isReleased(household, channel, atMs)) return []
  const newest = newestAcknowledged(household, channel.id, atMs)?.signed
  const hash = block.disputes.get(channel.id)?.stateHash
  const registered = [...channel.states, ...channel.rivals].find(({ state }) => modelStateHash(state) === hash)
  // Only what stands in calldata after somebody gave the channel to the watcher.
  const knownMs = knownSince(household, channel, atMs)
  const times = (registered && visible.get(registered)) ?? []
  const learnt = times.some((ms) => knownMs <= ms && ms <= atMs) ? [registered] : []
  return [...new Set([newest, ...learnt, fallbackState(household, channel, atMs)])].filter((held) => held !== undefined)
}

/** Since when the watcher has surely known the channel: it may have forgotten all of one that was stopped meanwhile. */
function knownSince(household: Household, { id }: Channel, atMs: number): number {
  const archivals = household.clients.flatMap((client) => client.archivals)
  const stopped = archivals
    .filter(({ channelId, atMs: ms }) => channelId === id && ms <= atMs)
    .map(({ atMs: ms }) => ms)
  const lastMs = Math.max(Number.NEGATIVE_INFINITY, ...stopped)
  const first = acknowledgedIn(household).find((ack) => ack.channelId === id && ack.atMs > lastMs)
  return first?.atMs ?? Number.POSITIVE_INFINITY
}

/** The newest acknowledged state whose locked channels were all acknowledged before it. */
function fallbackState(household: Household, { id }: Channel, atMs: number): SignedState | undefined {
  const acks = acknowledgedIn(household)
  const isKnown = (child: ChannelId, sinceMs: number): boolean =>
    acks.some((ack) => ack.channelId === child && ack.atMs <= sinceMs)
  return acks
    .filter((ack) => ack.channelId === id && ack.atMs <= atMs && !ack.isSuperseded)
    .filter(({ signed, atMs: ackMs }) => signed.state.outcome.locked.every((lock) => isKnown(lock.channelId, ackMs)))
    .map(({ signed }) => signed)
    .reduce<SignedState | undefined>(
      (best, each) => (best === undefined || each.state.version > best.state.version ? each : best),
      undefined,
    )
}
