import { hasSameFunds } from '../../dispute/lock-rules.ts'
import type { State } from '../../model/channel.ts'
import type { OtherLine, StoredChannel, StoredLine } from '../../spi/store.ts'

/** A line of a channel with its number. */
export interface NumberedLine extends StoredLine {
  readonly number: number
}

/** All lines of a channel, the first one first; none where it is not stored. */
export function linesOf(stored: StoredChannel | undefined): readonly NumberedLine[] {
  return stored === undefined ? [] : [firstLine(stored), ...stored.otherLines]
}

export function firstLine({ newest, older, history }: StoredChannel): NumberedLine {
  return { number: 0, newest, older, history }
}

/** The line that a state belongs to; `undefined`: it distributes funds that no state of the channel does. */
export function lineOf(stored: StoredChannel, state: State): NumberedLine | undefined {
  if (hasSameFunds(stored.newest.state, state)) return firstLine(stored)
  return stored.otherLines.find(({ newest }) => hasSameFunds(newest.state, state))
}

/** The lowest: numbers must not run out, however often strangers come and go. */
export function freeLineNumber(otherLines: readonly OtherLine[]): number {
  const taken = new Set(otherLines.map(({ number }) => number))
  let free = 1
  while (taken.has(free)) free += 1
  return free
}
