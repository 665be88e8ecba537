import { firstOf } from '../../async/first-of.ts'
import type { DisputeAction } from '../../dispute/decide.ts'
import { confirmationsWanted, retryDelayMs } from '../../dispute/timing.ts'
import { assertNever, hasCode } from '../../errors/watcher-error.ts'
import { statesOf } from './action-key.ts'
import type { Assessment } from './assessor.ts'
import { attemptAction } from './attempt-action.ts'
import { assess, type DisputeContext, secondsUntil, warnIfLate } from './dispute-context.ts'

/** What the rest of the engine needs to know of a dispute under way. */
export interface DisputeStatus {
  /** Whether the last attempt failed. */
  hasFailed: boolean
}

/**
 * Works on one family until nothing more can be done for it: decide, wait for confirmations while there is time, send,
 * look at the chain again.
 *
 * Invariant: only the chain's records end it. A transaction that was included, failed or vanished just leads to the next
 * decision.
 *
 * @returns the last assessment, in which no action is left.
 */
export async function runDispute(dispute: DisputeContext, status: DisputeStatus): Promise<Assessment> {
  const { changes, heads, signal, disputeWarnings } = dispute
  let failures = 0
  let superseded = 0
  /** The block in which the wait for confirmations began: later registrations of the cheater do not renew it. */
  let settlingSince: bigint | undefined
  for (;;) {
    signal.throwIfAborted()
    const change = changes.count
    const head = heads.count
    const assessment = await assess(dispute)
    const { action, problems, family } = assessment
    if (family !== undefined) disputeWarnings.raise(family, problems)
    if (action === undefined) return assessment
    warnIfLate(dispute, action)
    settlingSince ??= newestRecordOf(action)
    if (mustSettleFirst(dispute, action, settlingSince)) {
      await firstOf(signal, [(options) => changes.after(change, options), (options) => heads.after(head, options)])
      continue
    }
    const outcome = await attemptAction(dispute, action, superseded)
    signal.throwIfAborted()
    superseded = outcome.type === 'superseded' ? superseded + 1 : 0
    switch (outcome.type) {
      case 'included':
        failures = 0
        disputeWarnings.refuted(action, outcome.inclusion)
        await streamReaches(dispute, outcome.inclusion.block.number)
        break
      case 'failed':
        failures += 1
        disputeWarnings.failed(action, outcome.error, failures)
        status.hasFailed = true
        await pauseAfterFailure(dispute, action, outcome.error, failures)
        break
      case 'superseded':
        break
      default:
        assertNever(outcome)
    }
    status.hasFailed = failures > 0
  }
}

/** Whether there is time to let the dispute settle in the chain before answering it. */
function mustSettleFirst({ chainClock, refuteDepth }: DisputeContext, action: DisputeAction, since: bigint): boolean {
  if (action.isUrgent || chainClock.head === undefined) return false
  const wanted = confirmationsWanted(secondsUntil(action.deadline, chainClock), chainClock.secondsPerBlock, refuteDepth)
  return chainClock.head.number - since < wanted
}

function newestRecordOf({ threats }: DisputeAction): bigint {
  return threats.reduce((newest, { recordBlock }) => (recordBlock > newest ? recordBlock : newest), 0n)
}

/** After more refusals in a row than this, reading the contract again no longer leads to a new attempt at once. */
const promptReplans = 3

/** After a failure: look at the contract again where it refused, and pause; a change ends the pause. */
async function pauseAfterFailure(
  dispute: DisputeContext,
  action: DisputeAction,
  error: unknown,
  failures: number,
): Promise<void> {
  const { changes, clock, heads, random, recordReader, signal, chainClock } = dispute
  const change = changes.count
  const head = heads.count
  if (hasCode(error, 'REGISTER_REVERTED')) {
    await firstOf(signal, [
      async (options) => {
        await Promise.all(statesOf(action).map(({ state }) => recordReader.tryReading(state.channelId, options.signal)))
      },
      // An endpoint that hangs must not hold the family: the next block brings another try.
      (options) => heads.after(head, options),
    ])
    // The contract holds something new: plan again at once.
    if (changes.count > change && failures <= promptReplans) return
  }
  const delayMs = retryDelayMs(failures, secondsUntil(action.deadline, chainClock), random)
  await firstOf(signal, [(options) => clock.sleep(delayMs, options), (options) => changes.after(change, options)])
}

/** Resolves when the stream has reached a block: only then can the records show what it changed. */
async function streamReaches({ heads, chainClock, signal }: DisputeContext, blockNumber: bigint): Promise<void> {
  while (chainClock.head === undefined || chainClock.head.number < blockNumber) {
    await heads.after(heads.count, { signal })
  }
}
