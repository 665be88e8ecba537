import { firstOf } from '../../async/first-of.ts'
import { msUntil } from '../../async/ms-until.ts'
import { type DisputeAction, owedConclusion } from '../../dispute/decide.ts'
import type { FamilyView } from '../../dispute/family.ts'
import { inclusionPatienceSeconds, retryDelayMs } from '../../dispute/timing.ts'
import { hasCode } from '../../errors/watcher-error.ts'
import type { OnChainRecord } from '../../model/ledger.ts'
import { actionKey, channelsOf } from './action-key.ts'
import type { Assessment } from './assessor.ts'
import { type Attempt, attemptAction, type Wanted } from './attempt-action.ts'
import { confirmInclusion } from './confirm-inclusion.ts'
import { assess, type DisputeContext, secondsUntil, warnIfLate } from './dispute-context.ts'
import type { Moment } from './dispute-memory.ts'
import { readDoubtful } from './read-doubtful.ts'
import { readRecords } from './read-records.ts'
import { type Settling, settlingOf, waitToSettle } from './settling.ts'
import { waitToImprove } from './wait-to-improve.ts'

/**
 * Works on one family until nothing more can be done for it: decide, wait for confirmations while there is time, send,
 * look at the chain again.
 *
 * Invariant: only the chain's records end it. A transaction that was included, failed or vanished just leads to the next
 * decision.
 *
 * @returns the last assessment, in which no action is left, or none that is worth another try yet.
 */
export async function runDispute(dispute: DisputeContext): Promise<Assessment> {
  const { changes, ticks, signal } = dispute
  const tries: Tries = { failures: 0, superseded: 0, unconfirmed: 0 }
  /** When the wait for confirmations began. */
  let settling: Settling | undefined
  let readAfter: number | undefined
  /** Records were waited for in vain since the last attempt: it is decided on what is known, however much changes. */
  let isUnanswered = false
  for (;;) {
    signal.throwIfAborted()
    const seen = { changes: changes.count, ticks: ticks.count }
    const assessment = await assess(dispute)
    const { action, family } = assessment
    raise(dispute, assessment)
    if (action === undefined || family === undefined) return await payDebt(dispute, assessment)
    if (isResting(dispute, action)) return { ...assessment, isOpen: true }
    warnIfLate(dispute, action)
    if (readAfter !== seen.changes && !isUnanswered) {
      readAfter = seen.changes
      const doubts = await readDoubtful(dispute, action)
      isUnanswered = doubts === 'unanswered'
      if (doubts !== 'none') continue
    }
    settling = settlingOf(dispute, action, settling)
    const hasWaited =
      (await waitToSettle(dispute, action, settling, seen)) ||
      (await waitToImprove(dispute, family, action, seen)) ||
      (await dispute.attemptPace.rest(dispute.root, (options) => ticks.after(seen.ticks, options), signal))
    if (hasWaited) continue
    await tryOnce(dispute, family, action, tries)
    isUnanswered = false
  }
}

function raise({ disputeWarnings }: DisputeContext, { family, problems }: Assessment): void {
  if (family !== undefined) disputeWarnings.raise(family, problems)
}

/** Each in a row. */
interface Tries {
  failures: number
  /** Inclusions that the records do not show. */
  unconfirmed: number
  superseded: number
}

async function tryOnce(
  dispute: DisputeContext,
  family: FamilyView,
  action: DisputeAction,
  tries: Tries,
): Promise<void> {
  const { memory, signal, disputeWarnings } = dispute
  const record = recordOfRoot(dispute, action)
  dispute.attemptPace.note(dispute.root, pressingSeconds(dispute, action))
  if (action.type === 'register' && action.channel.state.isFinal) memory.owesConclusion = true
  const outcome = await attemptNoted(dispute, family, action, tries.superseded)
  signal.throwIfAborted()
  tries.superseded = outcome.type === 'superseded' ? tries.superseded + 1 : 0
  if (outcome.type === 'superseded') return
  const isIncluded = outcome.type === 'included'
  const includedAtMs = dispute.clock.now()
  const hasTaken = await isConfirmed(dispute, action, outcome, tries)
  tries.failures = hasTaken ? 0 : tries.failures + 1
  memory.hasFailed = !hasTaken
  if (hasTaken) return
  const error = outcome.type === 'failed' ? outcome.error : undefined
  if (hasCode(error, 'REGISTER_REVERTED')) dispute.assessor.noteRefused(dispute.root)
  if (action.type === 'register') {
    if (hasCode(error, 'TREE_TOO_LARGE')) dispute.assessor.noteTooLarge(dispute.root, action)
  } else noteConclusion(dispute, record, isIncluded || hasCode(error, 'REGISTER_REVERTED'))
  if (outcome.type === 'failed') disputeWarnings.failed(action, error, tries.failures)
  const notBeforeMs = isIncluded ? includedAtMs + restMs(dispute, action, tries.unconfirmed) : 0
  await pauseAfterFailure(dispute, action, error, { failures: tries.failures, notBeforeMs })
}

/** What a block may include from then on is an answer of ours. */
async function attemptNoted(
  dispute: DisputeContext,
  family: FamilyView,
  action: DisputeAction,
  superseded: number,
): Promise<Attempt> {
  const takeBack = dispute.answers.noteAttempt(family, action)
  const outcome = await attemptAction(dispute, action, threatened, superseded)
  if (outcome.type === 'failed' && cannotStand(outcome.error)) takeBack()
  return outcome
}

/** Whether an attempt failed for good: nobody pays for it, so that no block includes it, or the contract refused it there. */
function cannotStand(error: unknown): boolean {
  return (['ACCOUNT_UNDERFUNDED', 'BUDGET_EXCEEDED', 'REGISTER_REVERTED'] as const).some((code) => hasCode(error, code))
}

/** Whether the attempt was included, and the records show it. */
async function isConfirmed(
  dispute: DisputeContext,
  action: DisputeAction,
  outcome: Attempt,
  tries: Tries,
): Promise<boolean> {
  if (outcome.type !== 'included') return false
  const hasTaken = await confirmInclusion(dispute, action, outcome.inclusion, tries.unconfirmed)
  tries.unconfirmed = hasTaken ? 0 : tries.unconfirmed + 1
  dispute.answers.noteInclusion(action)
  return hasTaken
}

/** @param record of the root, as it stood before. */
function noteConclusion(
  { memory, ticks }: DisputeContext,
  record: OnChainRecord | undefined,
  isRefused: boolean,
): void {
  if (isRefused) memory.noteRefusal(record, ticks.count)
  else memory.noteFailure()
}

/** So many inclusions that come to nothing are repeated promptly: reorgs, and others who were faster. */
const promptRepetitions = 3

/** Whoever makes up inclusions in blocks that do exist must not make us send without end either. */
function restMs({ chainClock }: DisputeContext, { deadline }: DisputeAction, unconfirmed: number): number {
  if (unconfirmed <= promptRepetitions) return 0
  const doublings = unconfirmed - promptRepetitions - 1
  const secondsLeft = secondsUntil(deadline, chainClock)
  return Number(inclusionPatienceSeconds(secondsLeft, chainClock.secondsPerBlock, doublings)) * 1000
}

function recordOfRoot({ index }: DisputeContext, { channel }: DisputeAction): OnChainRecord | undefined {
  return index.get(channel.state.channelId)?.record
}

/** Whether all that can be done is a conclusion that was refused again and again: once in a while is enough then. */
function isResting(dispute: DisputeContext, action: DisputeAction): boolean {
  if (action.type === 'register') return false
  return dispute.memory.isResting(recordOfRoot(dispute, action), dispute.ticks.count)
}

/**
 * Our final state stands, registered in the place of its conclusion: nothing can replace it, but nobody has the money yet.
 * Tries to conclude it now and then; it is nobody's danger if that fails.
 */
async function payDebt(dispute: DisputeContext, assessment: Assessment): Promise<Assessment> {
  const { clock, memory, logger, signal, root, ticks } = dispute
  const debt = debtOf(dispute, assessment.family)
  if (debt === undefined) return assessment
  const moment = (): Moment => ({ ticks: ticks.count, ms: clock.now() })
  if (!memory.debt.isResting(moment())) {
    const outcome = await attemptAction(dispute, debt, owed(dispute, debt), 0)
    signal.throwIfAborted()
    if (outcome.type === 'included') await confirmInclusion(dispute, debt, outcome.inclusion, 0)
    memory.debt.noteRefusal(moment())
    if (outcome.type === 'failed') logger.info('Final state stands, but is not concluded', { root })
  }
  return { ...assessment, isOpen: true }
}

const threatened: Wanted = ({ action }) => action

/** A payment is owed until the state is concluded, though it is no threat; this try of it is over with its deadline. */
function owed(dispute: DisputeContext, { deadline }: DisputeAction): Wanted {
  return ({ action, family }) => {
    const isOver = secondsUntil(deadline, dispute.chainClock) <= 0n
    return action ?? (isOver ? undefined : debtOf(dispute, family))
  }
}

function debtOf({ memory }: DisputeContext, family: FamilyView | undefined): DisputeAction | undefined {
  return memory.owesConclusion && family !== undefined ? owedConclusion(family) : undefined
}

/** After more refusals in a row than this, reading the contract again no longer leads to a new attempt at once. */
const promptReplans = 3

/** Seconds. Where the time is over, or the newest block is so old that it should be, haste only costs. */
const noHurry = 3600n

function pressingSeconds({ chainClock }: DisputeContext, { deadline }: DisputeAction): bigint {
  const secondsLeft = secondsUntil(deadline, chainClock)
  return secondsLeft > 0n ? secondsLeft : noHurry
}

/**
 * After a failure: look at the contract again where it refused, and pause; a change ends the pause.
 *
 * @param notBeforeMs by the clock: how long the pause is at least.
 */
async function pauseAfterFailure(
  dispute: DisputeContext,
  action: DisputeAction,
  error: unknown,
  { failures, notBeforeMs }: { readonly failures: number; readonly notBeforeMs: number },
): Promise<void> {
  const { changes, clock, ticks, random, signal } = dispute
  let change = changes.count
  if (hasCode(error, 'REGISTER_REVERTED')) {
    await readRecords(dispute, channelsOf(action))
    // The contract holds something new: plan again at once.
    if (changes.count > change && failures <= promptReplans) return
    change = changes.count
  }
  const delayMs = retryDelayMs(failures, pressingSeconds(dispute, action), random)
  const untilMs = Math.max(notBeforeMs, clock.now() + delayMs)
  const key = actionKey(action)
  for (;;) {
    const looked = ticks.count
    // Each block may bring another need, and that one does not wait.
    const { action: now } = await assess(dispute)
    if (now === undefined || actionKey(now) !== key) return
    warnIfLate(dispute, now)
    const leftMs = msUntil(clock, untilMs)
    if (leftMs <= 0) return
    await firstOf(signal, [
      (options) => clock.sleep(leftMs, options),
      (options) => changes.after(change, options),
      (options) => ticks.after(looked, options),
    ])
    if (changes.count > change) return
  }
}
