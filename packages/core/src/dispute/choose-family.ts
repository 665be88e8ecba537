import type { ChannelId, ClientName } from '../model/brand.ts'
import type { ChainTime } from '../model/ledger.ts'
import type { DisputeAction, Threat } from './decide.ts'
import { isLate } from './timing.ts'

/** A family that could answer a threat to a channel which several families lock. */
export interface Defender {
  readonly root: ChannelId
  /** Who watches the root. */
  readonly clients: readonly ClientName[]
  /** Whether the adjudicator holds anything of the root. */
  readonly isRegistered: boolean
  readonly action: DisputeAction | undefined
}

/** Whether the answer drags no healthy root into a dispute. */
function isRootRegistered(action: DisputeAction): boolean {
  return action.type === 'concludeFinal' || action.isRootRegistered
}

/** Those who answer the threat to one channel, to be asked by each of them. */
export interface Defenders {
  /** The families that answer and go before this one, of those that all of its clients watch; no more than matter. */
  before(self: Defender): readonly Defender[]
  /** The same with those that are registered already. */
  besides(self: Defender): readonly Defender[]
}

/**
 * So many families of the same clients answer the threat to one channel at most, whatever becomes of them. Ledger channels that
 * lock a channel cost nothing to make, and each answer costs a transaction: how many there are must not decide how many we
 * send. Those who really locked it have one, or two where the channel is virtual.
 */
export const mostAnswers = 8

/** Put in order once, so that each of many families finds its answer at once. */
export function defendersOf(channelId: ChannelId, families: readonly Defender[]): Defenders {
  const candidates = families.filter(({ action }) => answers(action, channelId)).sort(inOrder)
  const registered = families.filter(({ isRegistered }) => isRegistered)

  function before(self: Defender): readonly Defender[] {
    const found: Defender[] = []
    for (const other of candidates) {
      // In order: whoever comes from here on does not go before it.
      if (inOrder(other, self) >= 0 || found.length >= mostAnswers) break
      if (isOfSameClients(other, self)) found.push(other)
    }
    return found
  }

  return {
    before,
    besides(self) {
      const found = new Map<ChannelId, Defender>()
      for (const other of [...before(self), ...registered]) {
        if (found.size >= mostAnswers) break
        if (other.root !== self.root && isOfSameClients(other, self)) found.set(other.root, other)
      }
      return [...found.values()]
    },
  }
}

/** Whether nobody who watches the one has to rely on what others do with the other. */
function isOfSameClients(other: Defender, self: Defender): boolean {
  return self.clients.every((each) => other.clients.includes(each))
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
 * A channel has one record for all that lock it, so one family's answer is enough, and an answer through a root that is not
 * registered would drag that healthy root into a dispute. So a family with a registered root goes first; among equals the
 * lower channel id. A family that failed is not relied on, nor is one that not all of our clients watch: what becomes of it is
 * not in their hands. When little time is left nobody is; but never do more than {@link mostAnswers} of the same clients act.
 *
 * What endangers our own root, no other family can avert. There only the number counts: of those that act, and of those
 * that are registered and so out of danger.
 *
 * @param defenders of each channel that the action names.
 */
export function yieldsToOther(
  self: Defender,
  defenders: ReadonlyMap<ChannelId, Defenders>,
  hasFailed: (root: ChannelId) => boolean,
  now: ChainTime,
): boolean {
  function isLeft({ channelId, registeredVersion, answerVersion, deadline, challengeDuration }: Threat): boolean {
    const table = defenders.get(channelId)
    if (table === undefined) return false
    if (answerVersion <= registeredVersion) return table.besides(self).length >= mostAnswers
    const before = table.before(self)
    if (before.length >= mostAnswers) return true
    return !isLate(deadline - now, challengeDuration) && before.some(({ root }) => !hasFailed(root))
  }
  // A conclusion is of the root alone.
  return self.action?.type === 'register' && self.action.threats.every(isLeft)
}
