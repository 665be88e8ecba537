import type { DisputeAction } from '../../dispute/decide.ts'
import type { ChannelView, FamilyView } from '../../dispute/family.ts'
import { hasSameFunds } from '../../dispute/lock-rules.ts'
import { standsFor } from '../../dispute/record-rules.ts'
import { stateKey, statesOf } from './action-key.ts'

/**
 * What we registered ourselves. Those who sign a channel alone may sign it with other funds for one client and another, and
 * each client has its own guarded. What we registered for one must not be replaced by us for the other: whoever wants that
 * does it at their own cost. What somebody else registered is answered for either.
 */
export interface OwnAnswers {
  /** An action is about to be sent. */
  note(action: DisputeAction): void
  /** Whether an action opens a dispute on its root in order to replace something of ours by a state with other funds. */
  wouldReplace(family: FamilyView, action: DisputeAction): boolean
}

/** Older answers are forgotten: their disputes are over. */
const mostAnswers = 10_000

export function ownAnswers(): OwnAnswers {
  /** The oldest first. */
  const keys = new Set<string>()

  function isOurs({ candidates, record, newest }: ChannelView): boolean {
    const registered = record && candidates.find((held) => standsFor(record, held))
    if (registered === undefined || hasSameFunds(registered.state, newest.state)) return false
    return keys.has(stateKey(registered))
  }

  return {
    note(action) {
      for (const state of statesOf(action)) keys.add(stateKey(state))
      for (const oldest of keys) {
        if (keys.size <= mostAnswers) break
        keys.delete(oldest)
      }
    },
    wouldReplace({ channels }, action) {
      if (keys.size === 0 || action.type === 'concludeFinal' || action.isRootRegistered) return false
      return action.threats.some(({ channelId }) => {
        const channel = channels.get(channelId)
        return channel !== undefined && isOurs(channel)
      })
    },
  }
}
