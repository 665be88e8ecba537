import type { Channel } from '../channels/channel.ts'
import type { CheatCall, Hand } from './hand.ts'

/** Draws calls of the contract without any plan, and prefers what the contract has just taken. */
export interface Search {
  /** A call that the contract would take now, if one is found soon. */
  draw(): CheatCall | undefined
  move(): void
}

type Kind = 'root' | 'own root' | 'standing root' | 'conclusion'

const kinds: readonly Kind[] = ['root', 'own root', 'standing root', 'conclusion']
const tries = 6
const heaviest = 16

export function search(hand: Hand): Search {
  const { family, dice } = hand
  const weights = new Map<Kind, number>()

  function pickKind(): Kind {
    const total = kinds.reduce((sum, kind) => sum + (weights.get(kind) ?? 1), 0)
    let left = dice.next() * total
    for (const kind of kinds) {
      left -= weights.get(kind) ?? 1
      if (left < 0) return kind
    }
    return 'root'
  }

  function roots(): readonly Channel[] {
    return [...family.roots, ...(family.foreign === undefined ? [] : [family.foreign]), ...hand.ownRoots.slice(-3)]
  }

  /** What stands, or any state: a tree that is refused for one stale entry is of no use. */
  function likelyState(channel: Channel) {
    const standing = hand.standing(channel)
    return standing !== undefined && dice.chance(0.5) ? standing : hand.someStateOrStray(channel)
  }

  function make(kind: Kind): CheatCall | undefined {
    switch (kind) {
      case 'root':
        return hand.register(hand.someState(dice.pick(roots())), likelyState)
      case 'standing root': {
        const standing = hand.standing(dice.pick(roots()))
        return standing && hand.register(standing, likelyState)
      }
      case 'own root': {
        const below = family.channels.filter((each) => each.kind !== 'ledger' && dice.chance(0.6))
        if (below.length === 0) return undefined
        const root = hand.ownRoot(below, dice.pick([0n, 1n, 120n]))
        return hand.register(root.newest, likelyState)
      }
      case 'conclusion': {
        const standing = hand.standing(dice.pick(roots()))
        return standing && hand.conclude(standing)
      }
    }
  }

  function draw(): CheatCall | undefined {
    for (let attempt = 0; attempt < tries; attempt++) {
      const kind = pickKind()
      const made = make(kind)
      const isTaken = made !== undefined && hand.isTaken(made)
      const weight = (weights.get(kind) ?? 1) * (isTaken ? 2 : 0.7)
      weights.set(kind, Math.min(heaviest, Math.max(0.2, weight)))
      if (isTaken) return made
    }
    return undefined
  }

  return {
    draw,
    move() {
      const made = draw()
      if (made !== undefined) hand.submit('cheat: searches', made)
    },
  }
}
