import { assertNever } from '../../errors/watcher-error.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { AdjudicatorLog } from '../../model/ledger.ts'
import type { AdjudicatorSubscription, BlockStep } from '../../spi/chain.ts'
import type { Logger } from '../../spi/runtime.ts'
import type { ChainClock } from './chain-clock.ts'
import type { RecordTracker } from './record-tracker.ts'

/** What follows from the steps of the stream. None of it may wait or throw. */
export interface ChainReactions {
  /** The record of a channel changed by these logs, or may have changed: none, then. */
  onChange(id: ChannelId, added: readonly AdjudicatorLog[]): void
  /** Records that became final, and the newest final block. */
  onFinal(ids: readonly ChannelId[], finalNumber: bigint): void
  /** Some history could not be read: any record may have changed. */
  onGap(): void
  /** Before the logs of a step are applied: whether newer ones are known to come. */
  onCatchingUp(isBehind: boolean): void
  /** A step ended; `isCurrent`: with it we know all that the chain knows. */
  onStep(isCurrent: boolean): void
  /** The stream brings nothing at the moment. */
  onStalled(cause: Error): void
}

export interface ApplyStepsDeps {
  readonly recordTracker: RecordTracker
  readonly chainClock: ChainClock
  readonly reactions: ChainReactions
  readonly logger: Logger
}

/**
 * Applies the chain's steps one after the other. A step is applied without waiting for anything, so that nothing that one
 * channel needs delays another.
 */
export async function applySteps(subscription: AdjudicatorSubscription, deps: ApplyStepsDeps): Promise<void> {
  // Logs of an earlier stream may be gone by now; those that still stand come again.
  deps.recordTracker.doubt()
  let isCaughtUp = false
  for await (const step of subscription) {
    switch (step.type) {
      case 'block':
        applyBlock(step, deps, step.isCurrent && !isCaughtUp)
        isCaughtUp ||= step.isCurrent
        break
      case 'stalled':
        deps.logger.error('Chain cannot be followed', {}, step.cause)
        deps.reactions.onStalled(step.cause)
        break
      default:
        assertNever(step)
    }
  }
}

function applyBlock(step: BlockStep, deps: ApplyStepsDeps, hasToldAll: boolean): void {
  const { recordTracker, reactions } = deps
  deps.chainClock.advance(step.head, step.reorgedFrom)
  reactions.onCatchingUp(!step.isCurrent)
  const removed = step.removed.filter((log) => recordTracker.remove(log))
  const doubted = step.reorgedFrom === undefined ? [] : recordTracker.doubtReadings(step.reorgedFrom)
  const added = step.added.filter((log) => recordTracker.add(log))
  const changed = new Set([...removed, ...added].map((log) => log.channelId))
  // Logs that did not come again: the records have to be read.
  if (hasToldAll) for (const id of recordTracker.dropUnconfirmed()) changed.add(id)
  for (const id of [...doubted, ...(step.doubtful ?? [])]) changed.add(id)
  for (const id of changed) reactions.onChange(id, logsOf(added, id))
  if (step.gap) reactions.onGap()
  reactions.onFinal(recordTracker.finalize(step.finalNumber), step.finalNumber)
  reactions.onStep(step.isCurrent)
}

function logsOf(logs: readonly AdjudicatorLog[], id: ChannelId): readonly AdjudicatorLog[] {
  return logs.filter((log) => log.channelId === id)
}
