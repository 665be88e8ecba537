import type { HeldState } from '../model/channel.ts'
import type { Size } from '../spi/chain.ts'
import { isSubset, lockKeys } from './retention.ts'

/** So many are picked at most: those that may stand in a tree are in memory all at once. */
const mostStates = 24

/**
 * Picks the superseded states of a line that a tree may need though the contract would take a newer one: where the newer one
 * does not fit into a registration. A state is of no use where a newer one locks nothing else and is no larger.
 */
export interface SmallerStates {
  /** In ascending order of version. */
  add(held: HeldState): void
  /** Newest first. */
  readonly picked: readonly HeldState[]
}

interface Measured {
  readonly held: HeldState
  readonly size: Size
}

export function smallerStates(sizeOf: (held: HeldState) => Size): SmallerStates {
  /** Oldest first. */
  let picked: readonly Measured[] = []

  /** Of too many the oldest goes that is not the smallest: some tree may have room for that one alone. */
  function withinBound(all: readonly Measured[]): readonly Measured[] {
    if (all.length <= mostStates) return all
    const smallest = new Set([leastBy(all, ({ size }) => size.bytes), leastBy(all, ({ size }) => Number(size.work))])
    const leaving = all.find((each) => !smallest.has(each))
    return all.filter((each) => each !== leaving)
  }

  return {
    add(held) {
      const newer = { held, size: sizeOf(held) }
      picked = withinBound([...picked.filter((older) => !makesUseless(newer, older)), newer])
    },
    get picked() {
      return picked.map(({ held }) => held).reverse()
    },
  }
}

function makesUseless(newer: Measured, older: Measured): boolean {
  const isNoLarger = newer.size.bytes <= older.size.bytes && newer.size.work <= older.size.work
  return isNoLarger && isSubset(lockKeys(newer.held), lockKeys(older.held))
}

function leastBy(all: readonly Measured[], keyOf: (each: Measured) => number): Measured | undefined {
  return all.reduce<Measured | undefined>(
    (least, each) => (least === undefined || keyOf(each) < keyOf(least) ? each : least),
    undefined,
  )
}
