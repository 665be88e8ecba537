import { type Bytes, type Params, parseBytes } from '@perun-watcher/core'

/** The client of the watcher. */
export const honest = parseBytes(`0x${'0a'.repeat(20)}`)
export const cheater = parseBytes(`0x${'0c'.repeat(20)}`)
/** Signs whatever the cheater wants. */
export const accomplice = parseBytes(`0x${'0d'.repeat(20)}`)

export const usualMembers: readonly Bytes[] = [honest, cheater]

export function isSignedByHonest({ participants }: Params): boolean {
  return participants.some(({ address }) => address === honest)
}

/** Who in a parent stands for which participant of a channel below it: itself, or the one who is left. */
export function indexMapOf(child: Params, parent: Params): readonly number[] {
  const places = parent.participants.map(({ address }) => address)
  const own = child.participants.map(({ address }) => places.indexOf(address))
  const free = places.map((_, place) => place).filter((place) => !own.includes(place))
  return own.map((place) => (place === -1 ? (free.shift() ?? 0) : place))
}
