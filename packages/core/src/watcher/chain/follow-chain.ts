import { assertNever } from '../../errors/watcher-error.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { AdjudicatorLog } from '../../model/ledger.ts'
import type { AdjudicatorSubscription, BlockStep } from '../../spi/chain.ts'
import type { Logger } from '../../spi/runtime.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import type { ChainClock } from './chain-clock.ts'
import type { RecordTracker } from './record-tracker.ts'

export interface ChainFollowerDeps {
  readonly index: ChannelIndex
  readonly records: RecordTracker
  readonly time: ChainClock
  readonly logger: Logger
  /** The record of a channel changed by logs: read it, and look into the transactions. */
  readonly onChange: (id: ChannelId, added: readonly AdjudicatorLog[]) => void
  /** Records that became final, and the newest final block. */
  readonly onFinal: (ids: readonly ChannelId[], finalNumber: bigint) => void
  /** Before the logs of a step are applied: whether newer ones are known to come. */
  readonly onCatchingUp: (isBehind: boolean) => void
  /** A step ended; `isCurrent`: with it we know all that the chain knows. */
  readonly onStep: (isCurrent: boolean) => void
  /** The stream brings nothing for the time being. */
  readonly onStalled: (cause: Error) => void
}

/**
 * Applies the chain's steps one after the other. A step is worked off without waiting for anything, so that nothing that
 * one channel needs delays another.
 */
export async function followChain(subscription: AdjudicatorSubscription, deps: ChainFollowerDeps): Promise<void> {
  // An earlier stream may have told logs that are gone by now: this one tells again what still stands.
  deps.records.doubt()
  let isCaughtUp = false
  for await (const step of subscription) {
    switch (step.type) {
      case 'block':
        applyBlock(step, deps, step.isCurrent && !isCaughtUp)
        isCaughtUp ||= step.isCurrent
        break
      case 'stalled':
        deps.logger.error('Chain cannot be followed', {}, step.cause)
        deps.onStalled(step.cause)
        break
      default:
        assertNever(step)
    }
  }
}

function applyBlock(step: BlockStep, deps: ChainFollowerDeps, hasToldAll: boolean): void {
  const { records } = deps
  deps.time.advance(step.head, step.reorgedFrom)
  deps.onCatchingUp(!step.isCurrent)
  const removed = step.removed.filter((log) => records.remove(log))
  const added = step.added.filter((log) => records.add(log))
  const changed = new Set([...removed, ...added].map((log) => log.channelId))
  for (const id of doubtful(step, deps, hasToldAll)) changed.add(id)
  for (const id of changed) deps.onChange(id, logsOf(added, id))
  deps.onFinal(records.finalize(step.finalNumber), step.finalNumber)
  deps.onStep(step.isCurrent)
}

/** Channels whose records have to be read because logs are missing or were never told again. */
function doubtful(step: BlockStep, { index, records }: ChainFollowerDeps, hasToldAll: boolean): readonly ChannelId[] {
  const gone = hasToldAll ? records.dropUnconfirmed() : []
  return step.gap ? [...index.entries()].map(({ id }) => id) : gone
}

function logsOf(logs: readonly AdjudicatorLog[], id: ChannelId): readonly AdjudicatorLog[] {
  return logs.filter((log) => log.channelId === id)
}
