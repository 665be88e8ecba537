import type { SignedState } from '@perun-watcher/core'
import { together } from '../../world/ledger.ts'
import type { Channel } from '../channels/channel.ts'
import type { CheatCall, Hand } from './hand.ts'

/** None, a second, minutes, days: whoever signs a root alone chooses what suits the moment. */
const durations = [0n, 0n, 0n, 1n, 60n, 600n, 30n * 86_400n]

/** Moves below ledger channels of the cheater's own, which nobody has to fund. */
export function ownRoots(hand: Hand) {
  const { family, dice, time, ledger } = hand

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
  function atOnce(channels: readonly Channel[], choose: (channel: Channel) => SignedState): CheatCall | undefined {
    const root = hand.ownRoot(channels, 0n).newest
    const made = hand.register(root, choose)
    const below = made.states.slice(1).map(({ state }) => state)
    const call = together(made.call, (adjudicator, before, now) => adjudicator.conclude(before, root, below, now))
    const both = { call, states: made.states }
    return hand.isTaken(both) ? both : undefined
  }

  function registerAndConclude(): void {
    const channels = prey()
    const made = channels.length === 0 ? undefined : atOnce(channels, hand.someStateOrStray)
    if (made !== undefined) hand.submit('cheat: registers and concludes at once', made)
  }

  /**
   * First a channel is closed at a version that the cheater chooses and nobody sees, then an older root state is registered:
   * every newer one that locks the channel needs exactly that version.
   */
  function barAndRegister(): void {
    const channels = prey()
    const made = channels.length === 0 ? undefined : atOnce(channels, (channel) => dice.pick(channel.states))
    if (made === undefined) return
    hand.submit('cheat: closes a locked channel at a version of its choice', made, { isHidden: true })
    time.after(dice.int(5_000, 90_000), () => {
      const { root } = family
      for (let tries = 0; tries < 4; tries++) {
        const old = hand.register(
          dice.pick(root.states),
          (channel) => hand.standing(channel) ?? hand.someState(channel),
        )
        if (!hand.isTaken(old)) continue
        hand.submit('cheat: registers an old tree', old)
        return
      }
    })
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

  return { register, registerAndConclude, barAndRegister, conclude }
}
