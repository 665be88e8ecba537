import type { ChannelId } from '@perun-watcher/core'
import type { Family } from '../families.ts'
import { type HandDeps, hand } from './hand.ts'
import { ownRoots } from './own-roots.ts'
import { plays } from './plays.ts'
import { registrations } from './registrations.ts'
import { search } from './search.ts'
import { spoiler } from './spoiler.ts'

/** Somebody who plays every move that the contract allows. */
export interface Cheater {
  /** One move against a family, by chance. */
  move(): void
  /** Concludes whatever can be concluded now. */
  conclude(): void
}

export interface CheaterDeps extends HandDeps {
  /** Something was put in front of an answer about these channels. */
  readonly onSpoilt: (ids: readonly ChannelId[]) => void
}

/** How a cheater goes about it. */
type Temper = 'scripted' | 'landlord' | 'searcher'

export function cheater(family: Family, { onSpoilt, ...deps }: CheaterDeps): Cheater {
  const { dice } = deps
  const own = hand(family, deps)
  const registering = registrations(own)
  const playing = plays(own)
  const renting = ownRoots(own)
  const searching = search(own)
  const hasPrey = family.channels.some(({ isTheirs }) => isTheirs)
  const temper = dice.pick<Temper>(['scripted', hasPrey ? 'landlord' : 'scripted', 'landlord', 'searcher'])
  if (dice.chance(0.3)) spoiler({ hand: own, search: searching, onSpoilt })

  const scripted = [
    registering.old,
    registering.old,
    registering.newestRootWithOldSub,
    registering.strikeLate,
    registering.strikeLate,
    registering.throughForeign,
    registering.rival,
    playing.progress,
    playing.progress,
    ...(family.root.params.app === undefined ? [] : [playing.playOn, playing.playOn]),
    playing.progressAndConclude,
    playing.concludeFinal,
    registering.flood,
    renting.barAndRegister,
  ]
  const moves = {
    scripted,
    landlord: [
      ...scripted,
      ...Array(5).fill(renting.register),
      ...Array(3).fill(renting.registerAndConclude),
      ...Array(4).fill(renting.barAndRegister),
    ],
    searcher: [...scripted, ...Array(8).fill(searching.move), renting.registerAndConclude],
  } satisfies Record<Temper, readonly (() => void)[]>

  return {
    move() {
      dice.pick<() => void>(moves[temper])()
    },
    conclude() {
      playing.conclude()
      renting.conclude()
    },
  }
}
