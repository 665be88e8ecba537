import type { ChannelId, SignedState } from '@perun-watcher/core'
import { type ModelDisputes, ModelRevert } from '@perun-watcher/core/testing'
import { type LedgerTransaction, type ModelCall, together } from '../../world/ledger.ts'
import type { CheatCall, Hand } from './hand.ts'
import type { Search } from './search.ts'

/** So many of the other side's moves are looked at before one is chosen. */
const movesLookedAt = 8
/** For the best of them, so many of its next moves: what the watcher sends again is played against as well. */
const repliesLookedAt = 6
const bestLookedInto = 3
/** Then the opponent runs out of money, for a while. */
const mostInRow = 3
const restMs = 600_000

export interface SpoilerDeps {
  readonly hand: Hand
  readonly search: Search
  /** Something was put in front of a transaction of the watcher's: no watcher could have done better in that block. */
  readonly onSpoilt: (ids: readonly ChannelId[]) => void
}

/** The call, or nothing where the contract refuses it. */
function ifTaken(call: ModelCall): ModelCall {
  return (adjudicator, before, now) => {
    try {
      return call(adjudicator, before, now)
    } catch (error) {
      if (error instanceof ModelRevert) return { disputes: before, updates: [] }
      throw error
    }
  }
}

interface Plan {
  readonly first: CheatCall
  /** What it means to play when the watcher tries again. */
  readonly next: CheatCall | undefined
  readonly harm: number
}

/**
 * Plays against what the watcher is about to do, two moves ahead: sees its transaction wait, and puts before it the call
 * after which the watcher's own is worth least, also where the watcher sends the same once more and the next call comes
 * before that as well.
 */
export function spoiler({ hand, search, onSpoilt }: SpoilerDeps): void {
  const { family, dice, time, trace, ledger } = hand
  const ids = family.channels.map(({ id }) => id)
  let spoilt = 0
  let restUntilMs = 0
  /** The second move of the plan before. */
  let ready: CheatCall | undefined

  /** How many channels of the transaction would not get what it wants for them. */
  function missed(after: ModelDisputes | undefined, wanted: readonly SignedState[], now: bigint): number {
    return wanted.filter(({ state }) => {
      const record = after?.get(state.channelId)
      return (
        record !== undefined &&
        (record.phase === 'concluded' || record.timeout <= now || record.version !== state.version)
      )
    }).length
  }

  /** After the first call, the watcher's, the next one, and the watcher's again. */
  function harm(first: CheatCall, next: CheatCall | undefined, theirs: LedgerTransaction): number {
    const { head } = ledger
    const now = head.timestamp + 1n
    const isRefused = ledger.tryCall(together(first.call, theirs.call), head, now) !== undefined
    const replies = next === undefined ? [] : [next.call, theirs.call]
    const all = together(...[first.call, theirs.call, ...replies].map(ifTaken))
    return (isRefused ? 1 : 0) + 2 * missed(ledger.look(all, head, now), theirs.calldata, now)
  }

  function best(plans: readonly Plan[]): readonly Plan[] {
    return [...plans].sort((a, b) => b.harm - a.harm)
  }

  function planAgainst(theirs: LedgerTransaction): Plan | undefined {
    const drawn = Array.from({ length: movesLookedAt }, () => search.draw()).filter((move) => move !== undefined)
    const prepared = ready !== undefined && hand.isTaken(ready) ? [ready, ...drawn] : drawn
    const shallow = best(
      prepared.map((first) => ({ first, next: undefined, harm: harm(first, undefined, theirs) })),
    ).slice(0, bestLookedInto)
    const deep = shallow.flatMap(({ first }) =>
      Array.from({ length: repliesLookedAt }, () => search.draw()).map((next) => ({
        first,
        next,
        harm: harm(first, next, theirs),
      })),
    )
    return best([...deep, ...shallow])[0]
  }

  ledger.onSubmit((theirs) => {
    const isOfFamily = theirs.calldata.some(({ state }) => ids.includes(state.channelId))
    if (!theirs.byWatcher || !isOfFamily || time.now < restUntilMs || !dice.chance(0.7)) return
    const plan = planAgainst(theirs)
    if (plan === undefined || plan.harm === 0) return
    trace.say(`spoils ${theirs.hash.slice(-6)}`)
    hand.submit('cheat: spoils an answer', plan.first, { isInFront: true })
    if (ready === plan.first) trace.meet('cheat: spoils with what it had ready')
    ready = plan.next
    onSpoilt(ids)
    spoilt += 1
    if (spoilt % mostInRow === 0) restUntilMs = time.now + restMs
  })
}
