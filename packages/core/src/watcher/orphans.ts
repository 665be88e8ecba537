import type { ChannelId } from '../model/brand.ts'
import type { Logger } from '../spi/runtime.ts'
import { type ChannelIndex, isWatched } from './channel-index.ts'
import type { KeyedSerial } from './keyed-serial.ts'
import type { EngineStore } from './patient-store.ts'
import type { Teller } from './teller.ts'

/** Forgets channels that nobody watches and nothing locks any more. */
export interface Orphans {
  /**
   * Forgets those of the channels, and of the ones left over from before, that are orphans, and then what was kept only
   * because of them. Never rejects: what fails is left for the next time.
   */
  release(ids: readonly ChannelId[]): Promise<void>
}

export interface OrphansDeps {
  readonly index: ChannelIndex
  readonly store: EngineStore
  readonly serial: KeyedSerial<ChannelId>
  readonly teller: Teller
  readonly logger: Logger
}

export function orphans({ index, store, serial, teller, logger }: OrphansDeps): Orphans {
  /** Channels that may have become orphans. */
  const suspects = new Set<ChannelId>()

  /** Another channel locks it, or a watched channel below it can only be defended through it. */
  function isNeeded(id: ChannelId): boolean {
    return index.isLocked(id) || index.childrenOf(id).some(isWatched)
  }

  /** @returns channels that may have become orphans by it. */
  async function forgetIfOrphan(id: ChannelId): Promise<readonly ChannelId[]> {
    const entry = index.get(id)
    if (entry === undefined || isWatched(entry) || isNeeded(id)) return []
    const related = [...entry.locks, ...entry.olderLocks, ...entry.parents]
    await store.commit([{ type: 'removeChannel', id }])
    index.remove(id)
    teller.calm(id)
    return related
  }

  return {
    async release(ids) {
      for (const id of ids) suspects.add(id)
      // What is added on the way is visited too.
      for (const id of suspects) {
        try {
          const related = await serial.run(id, () => forgetIfOrphan(id))
          suspects.delete(id)
          for (const next of related) suspects.add(next)
        } catch (error) {
          logger.warn('Released channel not forgotten; tried again later', { channel: id }, error)
          return
        }
      }
    },
  }
}
