import type { ChannelId } from '@perun-watcher/core'
import { type LedgerTransaction, together } from '../../world/ledger.ts'
import type { CheatCall, Hand } from './hand.ts'
import type { Search } from './search.ts'

/** So many of the other side's moves are looked at before one is chosen. */
const movesLookedAt = 8
/** Then the opponent runs out of money, for a while. */
const mostInRow = 3
const restMs = 600_000

export interface SpoilerDeps {
  readonly hand: Hand
  readonly search: Search
  /** Something was put in front of a transaction of the watcher's: no watcher could have done better in that block. */
  readonly onSpoilt: (ids: readonly ChannelId[]) => void
}

/**
 * Plays against what the watcher is about to do: sees its transaction wait, and puts before it the call after which the
 * watcher's own is worth least, once it is included and the next windows are over.
 */
export function spoiler({ hand, search, onSpoilt }: SpoilerDeps): void {
  const { family, dice, time, trace, ledger } = hand
  const ids = family.channels.map(({ id }) => id)
  let spoilt = 0
  let restUntilMs = 0

  /** How many channels of the transaction would not get what it wants for them. */
  function harm({ call }: CheatCall, theirs: LedgerTransaction): number {
    const { head } = ledger
    const now = head.timestamp + 1n
    const isRefused = ledger.tryCall(together(call, theirs.call), head, now) !== undefined
    const lost = theirs.calldata.filter(({ state }) => {
      const after = ledger.look(call, head, now)?.get(state.channelId)
      return (
        after !== undefined && (after.phase === 'concluded' || after.timeout <= now || after.version >= state.version)
      )
    })
    return (isRefused ? 1 : 0) + lost.length
  }

  ledger.onSubmit((theirs) => {
    const isOfFamily = theirs.calldata.some(({ state }) => ids.includes(state.channelId))
    if (!theirs.byWatcher || !isOfFamily || time.now < restUntilMs || !dice.chance(0.7)) return
    const moves = Array.from({ length: movesLookedAt }, () => search.draw()).filter((move) => move !== undefined)
    const ranked = moves.map((move) => ({ move, harm: harm(move, theirs) })).sort((a, b) => b.harm - a.harm)
    const [best] = ranked
    if (best === undefined || best.harm === 0) return
    trace.say(`spoils ${theirs.hash.slice(-6)}`)
    hand.submit('cheat: spoils an answer', best.move, { isInFront: true })
    onSpoilt(ids)
    spoilt += 1
    if (spoilt % mostInRow === 0) restUntilMs = time.now + restMs
  })
}
