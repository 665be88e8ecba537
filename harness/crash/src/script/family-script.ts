import type { Dice } from '@perun-watcher/harness-kit/dice'

/** Which channel of the family. */
export type Member = 'root' | 'sub'

/** A new state that both have signed: what of the channel's money belongs to the honest party, in parts of a million. */
export interface Payment {
  readonly member: Member
  readonly share: number
}

/** How old the states are that the cheater registers. */
export interface Cheat {
  /** Part of the versions so far, from 0 (the first) up to, not including, 1 (the newest); 1: the newest itself. */
  readonly root: number
  readonly sub: number
  /** The call is hidden in another contract, so the transaction's input tells nothing. */
  readonly isHidden: boolean
  /** The cheater waits until the watcher is dead, so that nobody sees it. */
  readonly isUnseen: boolean
}

/**
 * Everything that happens to one family, whatever is killed meanwhile. It follows from the seed and the number of the
 * family alone, so an interrupted run and an uninterrupted one come to the same end.
 */
export interface FamilyScript {
  readonly number: number
  readonly hasSub: boolean
  /** The state that locks the sub-channel is published before anybody watches the sub-channel. */
  readonly locksFirst: boolean
  readonly before: readonly Payment[]
  /** The first opens the dispute; the others come while states are published and are refused where the watcher was faster. */
  readonly cheats: readonly [Cheat, ...Cheat[]]
  /** None: no client comes back while the dispute is open, and the watcher has to notice it by itself. */
  readonly during: readonly Payment[]
  /** The last state is final: the watcher settles the channel by itself. */
  readonly endsFinal: boolean
}

export function familyScript(dice: Dice, number: number): FamilyScript {
  const mine = dice.fork(`family ${number}`)
  const hasSub = mine.chance(0.5)
  const payments = (least: number, most: number): Payment[] =>
    Array.from({ length: mine.int(least, most) }, () => ({
      member: hasSub && mine.chance(0.5) ? 'sub' : 'root',
      share: mine.int(0, 1_000_000),
    }))
  const cheat = (): Cheat => {
    // One of the two must be old, or it is no cheat.
    const isOnlySub = hasSub && mine.chance(0.3)
    return {
      root: isOnlySub ? 1 : mine.next(),
      sub: mine.next(),
      isHidden: mine.chance(0.3),
      isUnseen: mine.chance(0.5),
    }
  }
  return {
    number,
    hasSub,
    locksFirst: mine.chance(0.5),
    before: [{ member: hasSub ? 'sub' : 'root', share: mine.int(0, 1_000_000) }, ...payments(8, 30)],
    cheats: [cheat(), ...Array.from({ length: mine.int(0, 2) }, cheat)],
    during: mine.chance(0.35) ? [] : payments(4, 20),
    endsFinal: !hasSub && mine.chance(0.3),
  }
}
