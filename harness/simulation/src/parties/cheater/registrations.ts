import { type Channel, openChannel } from '../channels/channel.ts'
import type { Hand } from './hand.ts'

/** Moves that put old or other states on the chain. */
export function registrations(hand: Hand) {
  const { family, dice, trace, ledger } = hand
  let floods = 0n

  function old(): void {
    hand.submit('cheat: registers an old tree', hand.register(hand.someState(family.root), hand.someState))
  }

  function newestRootWithOldSub(): void {
    const made = hand.register(family.root.newest, (channel) => dice.pick(channel.states))
    hand.submit('cheat: registers an old sub-channel', made)
  }

  /** Keeps the registered root and adds an old sub-channel state shortly before the root's timeout. */
  function strikeLate(): void {
    const dispute = ledger.dispute(family.root.id)
    const root = hand.standing(family.root)
    if (dispute === undefined || root === undefined) {
      old()
      return
    }
    const left = dispute.timeout - ledger.head.timestamp
    if (left > 60n && dice.chance(0.8)) return
    hand.submit('cheat: strikes just before the deadline', hand.register(root, hand.someState))
  }

  /** Both parties signed two states with one version; the watcher holds the other one. */
  function rival(): void {
    const channel = dice.pick(family.channels)
    if (channel.newest.state.version === 0n || channel.isTheirs) return
    const other = channel.addRival()
    const root = channel === family.root ? other : dice.pick(family.root.states)
    const choose = (each: Channel) => (each === channel ? other : hand.someState(each))
    hand.submit('cheat: registers a rival', hand.register(root, choose))
  }

  function throughForeign(): void {
    const made = hand.register((family.foreign ?? family.root).newest, hand.someState)
    hand.submit('cheat: registers through the other parent', made)
  }

  function flood(): void {
    for (let count = 0; count < 20; count++) {
      floods += 1n
      const nonce = 10n ** 12n + family.root.params.nonce * 1000n + floods
      const channel = openChannel({ kind: 'ledger', duration: 300n, hasApp: false, funds: 1n, nonce })
      ledger.submit((adjudicator, before, now) => adjudicator.register(before, channel.newest, [], now), {
        calldata: [channel.newest],
      })
    }
    trace.meet('cheat: floods')
  }

  return { old, newestRootWithOldSub, strikeLate, rival, throughForeign, flood }
}
