import type { KeyedMutex } from '../../async/keyed-mutex.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { Logger } from '../../spi/runtime.ts'
import type { ChannelBook } from '../channels/channel-book.ts'
import { type ChannelIndex, isWatched } from '../channels/channel-index.ts'
import type { Notifier } from '../notifications/notifier.ts'

/** Removes channels that nobody watches and nothing locks any more. */
export interface ChannelPruner {
  /** Channels that may have to be removed. */
  readonly size: number
  /** Removes all such channels, and then those kept only because of them. Never rejects: what fails is tried again. */
  prune(): Promise<void>
}

export interface ChannelPrunerDeps {
  readonly index: ChannelIndex
  readonly book: Pick<ChannelBook, 'remove'>
  readonly mutex: KeyedMutex<ChannelId>
  readonly notifier: Notifier
  readonly logger: Logger
}

const nothingToPrune = Promise.resolve()

export function channelPruner({ index, book, mutex, notifier, logger }: ChannelPrunerDeps): ChannelPruner {
  /** Channels that may not be needed any more. */
  const suspects = new Set<ChannelId>()

  /** Another channel locks it, or a watched channel below it can only be defended through it. */
  function isNeeded(id: ChannelId): boolean {
    return index.isLocked(id) || index.childrenOf(id).some(isWatched)
  }

  async function removeIfUnneeded(id: ChannelId): Promise<void> {
    const entry = index.get(id)
    // It is gone already if the store was found to have lost it.
    if (entry !== undefined) {
      if (isWatched(entry) || isNeeded(id)) return
      await book.remove(id)
    }
    notifier.clearWarnings(id)
  }

  function suspectMore(): void {
    for (const id of index.takePruneCandidates()) suspects.add(id)
  }

  async function pruneSuspects(): Promise<void> {
    // What is added during the loop is visited too.
    for (const id of suspects) {
      try {
        await mutex.run(id, () => removeIfUnneeded(id))
        suspects.delete(id)
        suspectMore()
      } catch (error) {
        logger.warn('Released channel not forgotten; tried again later', { channel: id }, error)
        // Behind the others: one that fails for ever must not keep them.
        suspects.delete(id)
        suspects.add(id)
        return
      }
    }
  }

  return {
    get size() {
      return suspects.size
    },
    prune() {
      suspectMore()
      // Nearly always the case, and this is called for every published state.
      return suspects.size === 0 ? nothingToPrune : pruneSuspects()
    },
  }
}
