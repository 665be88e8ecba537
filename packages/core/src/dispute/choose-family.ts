import type { ChannelId, ClientName } from '../model/brand.ts'
import type { ChainTime } from '../model/ledger.ts'
import type { DisputeAction } from './decide.ts'
import { isLate } from './timing.ts'

/** A family that could answer a threat to a channel which several families lock. */
export interface Defender {
  readonly root: ChannelId
  /** Who watches the root. */
  readonly clients: readonly ClientName[]
  readonly action: DisputeAction | undefined
}

/** Whether the answer drags no healthy root into a dispute. */
export function isRootRegistered(action: DisputeAction): boolean {
  return action.type === 'concludeFinal' || action.isRootRegistered
}

/** Those who answer the threat to one channel, to be asked by each of them. */
export interface Defenders {
  /**
   * Whether another family answers that goes before this one.
   *
   * @param hasFailed whether a family tried and failed: others no longer rely on it.
   */
  answerBefore(self: Defender, hasFailed: (root: ChannelId) => boolean): boolean
}

/** So many are looked at before a family no longer relies on others: if all of them failed, the next will as well. */
const mostLooks = 32

/** Put in order once, so that each of many families finds its answer at once. */
export function defendersOf(channelId: ChannelId, families: readonly Defender[]): Defenders {
  const candidates = families.filter(({ action }) => answers(action, channelId)).sort(inOrder)
  return {
    answerBefore(self, hasFailed) {
      for (const other of candidates.slice(0, mostLooks)) {
        // In order: whoever comes from here on does not go before it.
        if (inOrder(other, self) >= 0) return false
        if (!hasFailed(other.root) && self.clients.every((each) => other.clients.includes(each))) return true
      }
      return false
    },
  }
}

function answers(action: DisputeAction | undefined, channelId: ChannelId): boolean {
  return action?.threats.some((threat) => threat.channelId === channelId) ?? false
}

/** A registered root goes first; among equals the lower channel id. */
function inOrder(a: Defender, b: Defender): number {
  const rank = ({ action }: Defender): number => (action !== undefined && isRootRegistered(action) ? 0 : 1)
  return rank(a) - rank(b) || (a.root < b.root ? -1 : a.root > b.root ? 1 : 0)
}

/**
 * Whether `self` leaves its action to another family.
 *
 * A virtual channel has one record for all its parents, so one family's answer is enough, and an answer through a root
 * that is not registered would drag that healthy root into a dispute. So a family with a registered root goes first;
 * among equals the lower channel id. A family that failed is not relied on, nor is one that not all of our clients watch:
 * what becomes of it is not in their hands. When little time is left nobody is.
 *
 * @param defenders of each channel that the action names.
 */
export function yieldsToOther(
  self: Defender,
  defenders: ReadonlyMap<ChannelId, Defenders>,
  hasFailed: (root: ChannelId) => boolean,
  now: ChainTime,
): boolean {
  const { action } = self
  if (action === undefined || isRootRegistered(action)) return false
  return action.threats.every(
    ({ channelId, registeredVersion, answerVersion, deadline, challengeDuration }) =>
      // What endangers our own root is for us alone.
      answerVersion > registeredVersion &&
      !isLate(deadline - now, challengeDuration) &&
      (defenders.get(channelId)?.answerBefore(self, hasFailed) ?? false),
  )
}
