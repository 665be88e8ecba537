import { lockMatches } from '../../dispute/lock-rules.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { State, SubAlloc } from '../../model/channel.ts'
import { maxTreeSize } from '../../model/limits.ts'
import type { ChannelIndex } from './channel-index.ts'
import type { ChannelLoader } from './engine-store.ts'

export interface CompleteTreeDeps {
  readonly index: ChannelIndex
  readonly store: ChannelLoader
}

/**
 * Whether everything that a state locks is known, to any depth, has the funds that are locked for it, and fits into one
 * registration. Each channel is looked at once, however often it is locked.
 */
export async function hasCompleteTree({ index, store }: CompleteTreeDeps, top: State): Promise<boolean> {
  /** Entries that a registration needs for a channel and all below it; `undefined`: none is possible, or not found yet. */
  const sizes = new Map<ChannelId, number | undefined>()

  async function sizeOf(state: State): Promise<number | undefined> {
    sizes.set(state.channelId, undefined)
    let size = 1
    for (const lock of state.outcome.locked) {
      const below = await sizeBelow(state, lock)
      if (below === undefined) return undefined
      size += below
      if (size > maxTreeSize) return undefined
    }
    sizes.set(state.channelId, size)
    return size
  }

  async function sizeBelow(parent: State, lock: SubAlloc): Promise<number | undefined> {
    if (index.get(lock.channelId) === undefined) return undefined
    const child = (await store.load(lock.channelId))?.newest.state
    if (child === undefined || !lockMatches(parent, lock, child)) return undefined
    return sizes.has(child.channelId) ? sizes.get(child.channelId) : sizeOf(child)
  }

  return (await sizeOf(top)) !== undefined
}
