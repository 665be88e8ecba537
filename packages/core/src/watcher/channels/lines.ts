import { hasSameFunds } from '../../dispute/lock-rules.ts'
import type { ClientName } from '../../model/brand.ts'
import type { State } from '../../model/channel.ts'
import type { ChannelSummary, OtherLine, StoredChannel, StoredLine } from '../../spi/store.ts'

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

/**
 * The line that a state belongs to, whoever gives it: where several clients have one with its funds, the one that is furthest.
 * `undefined`: it distributes funds that no state of the channel does.
 */
export function lineOf(stored: StoredChannel, state: State): NumberedLine | undefined {
  // Nearly all channels have one line.
  if (stored.otherLines.length === 0) return hasSameFunds(stored.newest.state, state) ? firstLine(stored) : undefined
  return furthest(linesOf(stored).filter(({ newest }) => hasSameFunds(newest.state, state)))
}

/** The one with the newest state; among equals the first. */
export function furthest(lines: readonly NumberedLine[]): NumberedLine | undefined {
  return lines.reduce<NumberedLine | undefined>((best, line) => {
    return best === undefined || line.newest.state.version > best.newest.state.version ? line : best
  }, undefined)
}

/** The line that holds what a client of the channel gives: the other line that names it, or the first one. */
export function ownLine(stored: StoredChannel, client: ClientName): NumberedLine {
  return stored.otherLines.find(({ clients }) => clients.includes(client)) ?? firstLine(stored)
}

/** The newest state of that line, as far as the index knows it. */
export function ownNewest(
  entry: Pick<ChannelSummary, 'version' | 'isFinal' | 'otherLines'>,
  client: ClientName,
): Pick<ChannelSummary, 'version' | 'isFinal'> {
  return entry.otherLines.find(({ clients }) => clients.includes(client)) ?? entry
}

/** The lowest: numbers must not run out, however often strangers come and go. */
export function freeLineNumber(otherLines: readonly OtherLine[]): number {
  const taken = new Set(otherLines.map(({ number }) => number))
  let free = 1
  while (taken.has(free)) free += 1
  return free
}
