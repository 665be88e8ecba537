import { assertNever } from '../errors/watcher-error.ts'
import type { ChannelId } from '../model/brand.ts'
import type { AdjudicatorLog } from '../model/ledger.ts'
import type { AdjudicatorSubscription, BlockStep } from '../spi/chain.ts'
import type { Logger } from '../spi/runtime.ts'
import type { ChainTimeKeeper } from './chain-time.ts'
import type { ChannelIndex } from './channel-index.ts'
import type { RecordKeeper } from './record-keeper.ts'

export interface ChainFollowerDeps {
  readonly index: ChannelIndex
  readonly records: RecordKeeper
  readonly time: ChainTimeKeeper
  readonly logger: Logger
  /** The record of a channel changed by logs: read it, and look into the transactions. */
  readonly onChange: (id: ChannelId, added: readonly AdjudicatorLog[]) => void
  /** Records that became final, and the newest final block. */
  readonly onFinal: (ids: readonly ChannelId[], finalNumber: bigint) => void
  /** A step ended; `isCurrent`: with it we know all that the chain knows. */
  readonly onStep: (isCurrent: boolean) => void
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
        break
      default:
        assertNever(step)
    }
  }
}

function applyBlock(step: BlockStep, deps: ChainFollowerDeps, hasToldAll: boolean): void {
  const { records, index } = deps
  deps.time.advance(step.head)
  const changed = new Map<ChannelId, AdjudicatorLog[]>()
  for (const log of step.removed) if (records.remove(log)) changed.set(log.channelId, [])
  for (const log of step.added) {
    if (records.add(log)) changed.set(log.channelId, [...(changed.get(log.channelId) ?? []), log])
  }
  if (hasToldAll) for (const id of records.dropUnconfirmed()) changed.set(id, changed.get(id) ?? [])
  if (step.gap) for (const { id } of index.entries()) changed.set(id, changed.get(id) ?? [])
  for (const [id, added] of changed) deps.onChange(id, added)
  deps.onFinal(records.finalize(step.finalNumber), step.finalNumber)
  deps.onStep(step.isCurrent)
}
