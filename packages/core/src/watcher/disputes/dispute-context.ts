import { retry } from '../../async/retry.ts'
import type { WakeSignal } from '../../async/wake-signal.ts'
import type { DisputeAction } from '../../dispute/decide.ts'
import { isLate } from '../../dispute/timing.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { ChainTime } from '../../model/ledger.ts'
import type { Registerer } from '../../spi/chain.ts'
import type { Clock, Logger, Random } from '../../spi/runtime.ts'
import type { ChainClock } from '../chain/chain-clock.ts'
import type { RecordReader } from '../chain/record-reader.ts'
import type { Assessment, Assessor } from './assessor.ts'
import type { DisputeWarnings } from './dispute-warnings.ts'

/** What all disputes share. */
export interface DisputeDeps {
  readonly chain: Registerer
  readonly assessor: Assessor
  readonly recordReader: RecordReader
  readonly disputeWarnings: DisputeWarnings
  readonly chainClock: ChainClock
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly refuteDepth: bigint
}

/** One family's dispute. */
export interface DisputeContext extends DisputeDeps {
  readonly root: ChannelId
  /** Records or states of the family changed. */
  readonly changes: WakeSignal
  /** A block came: time has passed. */
  readonly heads: WakeSignal
  /** Ends the dispute, finished or not. */
  readonly signal: AbortSignal
}

/** Applies the rules to the family as it is now; retries while the store fails. */
export function assess(dispute: DisputeContext, signal: AbortSignal = dispute.signal): Promise<Assessment> {
  return retry(dispute, () => dispute.assessor.assess(dispute.root, { signal }), signal)
}

/** Seconds of chain time until a deadline; negative when it passed. */
export function secondsUntil(deadline: ChainTime, chainClock: ChainClock): bigint {
  return deadline - (chainClock.head?.timestamp ?? deadline)
}

/** Warns clients once less than a quarter of the window is left and our states do not stand yet. */
export function warnIfLate({ disputeWarnings, chainClock }: DisputeContext, action: DisputeAction): void {
  if (isLate(secondsUntil(action.deadline, chainClock), action.threats[0].challengeDuration))
    disputeWarnings.late(action)
}
