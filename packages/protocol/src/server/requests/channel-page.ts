import type { ChannelId } from '@perun-watcher/core'

/** Most channels of one page. As a message it has about 75 bytes for each. */
export const longestPage = 1_000

export interface ChannelPage {
  readonly ids: readonly ChannelId[]
  /** There are larger ids. */
  readonly more: boolean
}

/** @param limit as a client asks for it; 0: as many as there may be */
export function channelPage(all: Iterable<ChannelId>, after: ChannelId | undefined, limit: number): ChannelPage {
  const length = limit === 0 ? longestPage : Math.min(limit, longestPage)
  const ids = smallest(all, after, length + 1)
  return { ids: ids.slice(0, length), more: ids.length > length }
}

/** The smallest ids above `after`, in their order. Never sorts more than twice as many at a time: a client may have a million. */
function smallest(all: Iterable<ChannelId>, after: ChannelId | undefined, count: number): readonly ChannelId[] {
  let best: ChannelId[] = []
  let largest: ChannelId | undefined
  const settle = (): void => {
    best = best.sort().slice(0, count)
    if (best.length === count) largest = best.at(-1)
  }
  for (const id of all) {
    if ((after !== undefined && id <= after) || (largest !== undefined && id >= largest)) continue
    best.push(id)
    if (best.length >= 2 * count) settle()
  }
  settle()
  return best
}
