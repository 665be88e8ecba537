import { setTimeout as delay } from 'node:timers/promises'
import { memoryStore } from '@perun-watcher/core'
import type { Store, StoreChange } from '@perun-watcher/core/adapter'
import { type LmdbStore, lmdbStore } from '@perun-watcher/store-lmdb'
import type { StoreKind } from '../protocol.ts'

/** How long the hasty store keeps to itself what it has acknowledged. */
const lateMs = 25

/**
 * The real store, or one that breaks a promise and must be found out.
 * - `memory`: nothing survives.
 * - `hasty`: acknowledges new states first and writes them a moment later.
 * - `shallow`: keeps nothing besides the newest states.
 * - `blank`: holds every state, but does not know at the start which channels there are.
 * - `forgetful`: does not know up to where it has read the chain, so no log tells it what happened while it was dead.
 */
export function storeOf(kind: StoreKind, disk: LmdbStore): Store {
  switch (kind) {
    case 'lmdb':
      return disk
    case 'memory':
      return memoryStore()
    case 'hasty':
      return hasty(disk)
    case 'shallow':
      return { ...disk, commit: (changes) => disk.commit(changes.filter((change) => !isOfHistory(change))) }
    case 'blank':
      return { ...disk, async *summaries() {} }
    case 'forgetful':
      return { ...disk, cursor: async () => undefined }
  }
}

const isOfHistory = ({ type }: StoreChange): boolean => type === 'putKept' || type === 'putOlder'

function hasty(disk: LmdbStore): Store {
  let tail: Promise<void> = Promise.resolve()
  return {
    ...disk,
    async commit(changes) {
      const isLate = changes.every((change) => change.type === 'putNewest' || isOfHistory(change))
      const written = tail.then(() => (isLate ? delay(lateMs) : undefined)).then(() => disk.commit(changes))
      tail = written.catch(() => {})
      if (!isLate) await written
    },
  }
}

export function openDisk(path: string, onDamaged: (message: string) => void): LmdbStore {
  return lmdbStore({ path, onDamaged: ({ error }) => onDamaged(error.message) })
}
