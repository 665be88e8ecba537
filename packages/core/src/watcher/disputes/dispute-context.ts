import { retry } from '../../async/retry.ts'
import type { WakeSignal } from '../../async/wake-signal.ts'
import { wayToGo } from '../../dispute/choose-way.ts'
import type { DisputeAction } from '../../dispute/decide.ts'
import { isLate } from '../../dispute/timing.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { ChainTime } from '../../model/ledger.ts'
import type { AdjudicatorRules, Registerer } from '../../spi/chain.ts'
import type { Clock, Logger, Random } from '../../spi/runtime.ts'
import type { ChainClock } from '../chain/chain-clock.ts'
import type { RecordReader } from '../chain/record-reader.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import type { Assessment, Assessor } from './assessor.ts'
import type { AttemptPace } from './attempt-pace.ts'
import type { DisputeMemory } from './dispute-memory.ts'
import type { DisputeWarnings } from './dispute-warnings.ts'
import type { GivenAnswers } from './given-answers.ts'

/** What all disputes share. */
export interface DisputeDeps {
  readonly chain: Registerer
  readonly rules: Pick<AdjudicatorRules, 'replacingRestartsWindow'>
  readonly index: Pick<ChannelIndex, 'get'>
  readonly assessor: Pick<Assessor, 'assess' | 'noteTooLarge' | 'noteRefused' | 'tick'>
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
  readonly memory: DisputeMemory
  readonly answers: GivenAnswers
  readonly attemptPace: AttemptPace
  /** Whether more disputes are under way than may wait at the ledger at once, so that time lost by one is lost by the last. */
  readonly isCrowded: () => boolean
  /** Whether somebody waits for disputes to end. */
  readonly isAwaited: () => boolean
  /** Somebody began to wait for that. */
  readonly awaited: WakeSignal
  /** Records or states of the family changed. */
  readonly changes: WakeSignal
  /** Time has passed: a block came, or none came for so long that it is time to look without one. */
  readonly ticks: WakeSignal
  /** Ends the dispute, finished or not. */
  readonly signal: AbortSignal
}

/** Applies the rules to the family as it is now; retries while the store fails. */
export async function assess(dispute: DisputeContext, signal: AbortSignal = dispute.signal): Promise<Assessment> {
  const { chainClock, memory } = dispute
  const assessment = await retry(dispute, () => dispute.assessor.assess(dispute.root, { signal }), signal)
  const { action } = assessment
  if (action === undefined) return assessment
  const secondsLeft = secondsUntil(action.deadline, chainClock)
  const circumstances = { wasRefused: memory.wasRefused, secondsLeft, secondsPerBlock: chainClock.secondsPerBlock }
  return { ...assessment, action: wayToGo(action, circumstances) }
}

/**
 * Seconds until a deadline; negative when it passed. By the chain's time, and by the clock as well: the next block's time
 * may be far from the newest one's.
 */
export function secondsUntil(deadline: ChainTime, { estimate }: Pick<ChainClock, 'estimate'>): bigint {
  return deadline - (estimate ?? deadline)
}

/**
 * Warns clients once less than a quarter of the window is left and our states do not stand yet.
 *
 * @param isSent whether a node has taken a transaction for it.
 */
export function warnIfLate(
  { disputeWarnings, chainClock }: DisputeContext,
  action: DisputeAction,
  isSent = false,
): void {
  if (isLate(secondsUntil(action.deadline, chainClock), action.threats[0].challengeDuration))
    disputeWarnings.late(action, isSent)
}
