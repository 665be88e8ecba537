import type { ChannelId } from '../model/brand.ts'
import type { DisputeAction } from './decide.ts'

/** A family that could answer a threat to a channel which several families lock. */
export interface Defender {
  readonly root: ChannelId
  readonly action: DisputeAction | undefined
  /** It tried and failed; others should no longer rely on it. */
  readonly hasFailed: boolean
}

function isRootRegistered({ action }: Defender): boolean {
  return action !== undefined && (action.type === 'concludeFinal' || action.isRootRegistered)
}

function answers(defender: Defender, channelId: ChannelId): boolean {
  return defender.action?.threats.some((threat) => threat.channelId === channelId) ?? false
}

/**
 * Whether `self` leaves its action to another family.
 *
 * A virtual channel has one record for all its parents, so one family's answer is enough, and an answer through a root
 * that is not registered would drag that healthy root into a dispute. So a family with a registered root goes first;
 * among equals the lower channel id. A family that failed is not relied on.
 */
export function yieldsToOther(self: Defender, others: readonly Defender[]): boolean {
  const { action } = self
  if (action === undefined || isRootRegistered(self)) return false
  return action.threats.every(
    ({ channelId, registeredVersion, answerVersion }) =>
      // What endangers our own root is for us alone.
      answerVersion > registeredVersion &&
      others.some(
        (other) => !other.hasFailed && answers(other, channelId) && (isRootRegistered(other) || other.root < self.root),
      ),
  )
}
