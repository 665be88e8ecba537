import type { ChannelId } from '../../model/brand.ts'
import type { ChainReactions } from '../chain/apply-steps.ts'
import type { CursorKeeper } from '../chain/cursor-keeper.ts'
import type { RecordReader } from '../chain/record-reader.ts'
import type { StateLearner } from '../chain/state-learner.ts'
import type { Sweeper } from '../chain/sweeper.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import { isAtStake } from '../channels/records.ts'
import type { CapacityWatch } from '../clients/capacity-watch.ts'
import type { ChannelPruner } from '../clients/channel-pruner.ts'
import type { DisputeScheduler } from '../disputes/dispute-scheduler.ts'
import type { DisputeWarnings } from '../disputes/dispute-warnings.ts'
import type { FamilyWaker } from '../disputes/family-waker.ts'

/** What follows from what: for each thing that happens, which parts have to act. */
export interface Reactions extends ChainReactions {
  /** The states that are held of a channel changed: by a client, by the chain, or by a write thought to have failed. */
  onStates(id: ChannelId): void
}

export interface ReactionsDeps {
  readonly index: Pick<ChannelIndex, 'membersOf'>
  readonly recordReader: Pick<RecordReader, 'readInBackground'>
  readonly stateLearner: Pick<StateLearner, 'learn'>
  readonly sweeper: Pick<Sweeper, 'afterGap' | 'current' | 'isBehindGap'>
  readonly cursorKeeper: Pick<CursorKeeper, 'save'>
  readonly capacityWatch: Pick<CapacityWatch, 'look'>
  readonly channelPruner: Pick<ChannelPruner, 'prune'>
  readonly familyWaker: Pick<FamilyWaker, 'wake' | 'wakeForStates' | 'catchingUp' | 'current'>
  readonly disputeScheduler: Pick<DisputeScheduler, 'open'>
  readonly disputeWarnings: Pick<DisputeWarnings, 'blind'>
}

export function reactions(deps: ReactionsDeps): Reactions {
  const { index, recordReader, sweeper, stateLearner, cursorKeeper, channelPruner, familyWaker } = deps
  const { disputeScheduler, disputeWarnings, capacityWatch } = deps

  return {
    onStates(id) {
      familyWaker.wakeForStates(id)
      // Nobody may need any more what an older state locked.
      void channelPruner.prune()
    },
    onChange(id, added) {
      // The log lacks the hash; and only a registration carries states that everybody signed.
      recordReader.readInBackground(id)
      for (const log of added) if (log.phase === 'dispute') stateLearner.learn(log)
      familyWaker.wake(id)
    },
    onFinal(ids, finalNumber) {
      cursorKeeper.save(ids, finalNumber, sweeper.isBehindGap)
      // What stood before a final record is not needed any more.
      for (const id of ids) recordReader.readInBackground(id)
      void channelPruner.prune()
    },
    onCatchingUp: familyWaker.catchingUp,
    onGap: sweeper.afterGap,
    onStep(isCurrent) {
      if (!isCurrent) return
      familyWaker.current()
      sweeper.current()
      capacityWatch.look()
    },
    onStalled(cause) {
      // Where ours does not stand yet, nobody sees now whether it does in time.
      for (const root of disputeScheduler.open) {
        for (const entry of index.membersOf(root)) if (isAtStake(entry)) disputeWarnings.blind(entry.id, cause)
      }
    },
  }
}
