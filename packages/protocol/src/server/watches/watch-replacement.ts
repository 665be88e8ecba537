import type { Hex } from '@perun-watcher/core'

/** Which watch of a channel counts in one connection: the one that began last. Watches have the client's numbers. */
export interface WatchReplacement {
  isWatched(channelId: Hex): boolean
  /** A watch has begun. @returns the one that it replaces. */
  replace(watch: number, channelId: Hex): number | undefined
  /** The watch that replaced this one; `undefined`: none did, or that one is over too, or it is too long ago. */
  replacementOf(watch: number): number | undefined
  /** A watch has ended. */
  end(watch: number, channelId: Hex): void
}

/**
 * @param memory how many replaced watches are remembered. A client names a replaced watch only until it has the answer to
 *   the start that replaced it, so as many as it may have requests in flight are enough.
 */
export function watchReplacement(memory: number): WatchReplacement {
  const newest = new Map<Hex, number>()
  /** In the order in which they were replaced. */
  const replaced = new Map<number, Hex>()

  function remember(watch: number, channelId: Hex): void {
    replaced.set(watch, channelId)
    const [oldest] = replaced.keys()
    if (replaced.size > memory && oldest !== undefined) replaced.delete(oldest)
  }

  return {
    isWatched: (channelId) => newest.has(channelId),
    replace(watch, channelId) {
      const before = newest.get(channelId)
      newest.set(channelId, watch)
      if (before !== undefined) remember(before, channelId)
      return before
    },
    replacementOf(watch) {
      const channelId = replaced.get(watch)
      return channelId === undefined ? undefined : newest.get(channelId)
    },
    end(watch, channelId) {
      if (newest.get(channelId) === watch) newest.delete(channelId)
    },
  }
}
