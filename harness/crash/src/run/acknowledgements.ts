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
  /** @param isLocked - A parent locks the channel: it is held with every state, since any tree may have to repeat it. */
  acknowledged(signed: SignedState, isLocked?: boolean): void
  /** Something of the channel is registered: what that makes useless may be forgotten. */
  registered(id: Hex): void
  /** The watcher is asked to stop guarding a channel: from now on it may forget it. */
  released(id: Hex): void
  /** All as of now, to be compared with what a store holds that is asked later. */
  check(): (held: readonly Held[]) => readonly string[]
}

export function acknowledgements(): Acknowledgements {
  const newest = new Map<Hex, Promise>()
  /** Hashes of all states of channels that are locked. */
  const promisedHistories = new Map<Hex, readonly Hex[]>()
  const gone = new Set<Hex>()
  const settling = new Set<Hex>()
  let count = 0

  return {
    get count() {
      return count
    },
    get ids() {
      return [...newest.keys()]
    },
    acknowledged({ state }, isLocked = false) {
      count += 1
      const { channelID: id, version } = state
      const hash = stateHash(state)
      newest.set(id, { version, hash })
      if (isLocked && !settling.has(id)) promisedHistories.set(id, [...(promisedHistories.get(id) ?? []), hash])
    },
    registered(id) {
      settling.add(id)
      promisedHistories.delete(id)
    },
    released(id) {
      newest.delete(id)
      promisedHistories.delete(id)
      gone.add(id)
    },
    check() {
      const promised = [...newest]
      const histories = new Map(promisedHistories)
      return (held) => {
        const found = new Map(held.map((each) => [each.id, each]))
        return promised.flatMap(([id, promise]) => {
          if (gone.has(id)) return []
          const stored = found.get(id)
          const history = settling.has(id) ? [] : (histories.get(id) ?? [])
          return [...lostNewest(id, promise, stored), ...lostHistory(id, history, stored)]
        })
      }
    },
  }
}

function lostNewest(id: Hex, { version, hash }: Promise, held: Held | undefined): readonly string[] {
  const stored = held?.newest
  const isKept =
    stored !== undefined && (stored.version > version || (stored.version === version && stored.hash === hash))
  return isKept ? [] : [`${id} must be at version ${version}, is at ${stored?.version ?? 'none'}`]
}

function lostHistory(id: Hex, promised: readonly Hex[], held: Held | undefined): readonly string[] {
  const kept = new Set([held?.newest?.hash, ...(held?.history ?? [])])
  const lost = promised.filter((hash) => !kept.has(hash))
  return lost.length === 0 ? [] : [`${id} has lost ${lost.length} of ${promised.length} acknowledged states`]
}
