import { together } from '../../world/ledger.ts'
import type { Channel } from '../channels/channel.ts'
import type { CheatCall, Hand } from './hand.ts'

/** None, a second, minutes, days: whoever signs a root alone chooses what suits the moment. */
const durations = [0n, 0n, 0n, 1n, 60n, 600n, 30n * 86_400n]

/** Moves below ledger channels of the cheater's own, which nobody has to fund. */
export function ownRoots(hand: Hand) {
  const { family, dice, ledger } = hand

  /** Channels that are no roots: any of them can be locked by anybody. */
  function prey(): readonly Channel[] {
    const below = family.channels.filter(({ kind }) => kind !== 'ledger')
    return below.filter(() => dice.chance(0.7))
  }

  function opened(channels: readonly Channel[]): CheatCall | undefined {
    const root = hand.ownRoot(channels, dice.pick(durations))
    const made = hand.register(root.newest, hand.someStateOrStray)
    return hand.isTaken(made) ? made : undefined
  }

  function register(): void {
    const channels = prey()
    const made = channels.length === 0 ? undefined : opened(channels)
    if (made !== undefined) hand.submit('cheat: registers below a root of its own', made)
  }

  /** In one transaction: a window that nobody could see. */
  function registerAndConclude(): void {
    const channels = prey()
    if (channels.length === 0) return
    const root = hand.ownRoot(channels, 0n).newest
    const made = hand.register(root, hand.someStateOrStray)
    const below = made.states.slice(1).map(({ state }) => state)
    const call = together(made.call, (adjudicator, before, now) => adjudicator.conclude(before, root, below, now))
    const both = { call, states: made.states }
    if (hand.isTaken(both)) hand.submit('cheat: registers and concludes at once', both)
  }

  /** Whatever window of its own roots is over. */
  function conclude(): void {
    for (const { id, newest } of hand.ownRoots) {
      const record = ledger.dispute(id)
      if (record === undefined || record.phase === 'concluded') continue
      const made = hand.conclude(newest)
      if (made !== undefined && hand.isTaken(made)) hand.submit('cheat: concludes a root of its own', made)
    }
  }

  return { register, registerAndConclude, conclude }
}
