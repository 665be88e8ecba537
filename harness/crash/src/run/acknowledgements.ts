import { type SignedState, stateHash } from '@perun-watcher/devnet'
import type { Hex } from 'viem'
import type { Held } from '../protocol.ts'

interface Promise {
  readonly version: bigint
  readonly hash: Hex
}

/** What the watcher promised, as the clients remember it. */
export interface Acknowledgements {
  readonly count: number
  /** Channels that the watcher must know. */
  readonly ids: readonly Hex[]
  acknowledged(signed: SignedState): void
  /** The watcher is asked to stop guarding a channel: from now on it may forget it. */
  released(id: Hex): void
  /** All as of now, to be compared with what a store holds that is asked later. */
  check(): (held: readonly Held[]) => readonly string[]
}

export function acknowledgements(): Acknowledgements {
  const newest = new Map<Hex, Promise>()
  const gone = new Set<Hex>()
  let count = 0

  return {
    get count() {
      return count
    },
    get ids() {
      return [...newest.keys()]
    },
    acknowledged({ state }) {
      count += 1
      newest.set(state.channelID, { version: state.version, hash: stateHash(state) })
    },
    released(id) {
      newest.delete(id)
      gone.add(id)
    },
    check() {
      const promised = [...newest]
      return (held) => {
        const found = new Map(held.map(({ id, newest: stored }) => [id, stored]))
        return promised.flatMap(([id, { version, hash }]) => {
          if (gone.has(id)) return []
          const stored = found.get(id)
          const isKept =
            stored !== undefined && (stored.version > version || (stored.version === version && stored.hash === hash))
          return isKept ? [] : [`${id} must be at version ${version}, is at ${stored?.version ?? 'none'}`]
        })
      }
    },
  }
}
