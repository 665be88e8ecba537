import { decode, isDamage } from '../codec/frame.ts'
import { heldCodec } from '../codec/state-codec.ts'
import type { Table } from '../files/open-tables.ts'

/** Which states there are, by their keys, as the changes of a commit leave it so far. */
export interface StoredStates {
  /** A damaged state counts as one, too. */
  has(key: Buffer): boolean
  /** Whether there is a state that cannot be read. */
  isDamaged(key: Buffer): boolean
  set(key: Buffer, isThere: boolean): void
  /** All with this prefix are gone. */
  removeAll(prefix: Buffer): void
}

export function storedStates(channels: Table): StoredStates {
  const changed = new Map<string, boolean>()
  let emptied: readonly string[] = []

  const stored = (key: Buffer): Buffer | undefined => {
    const name = nameOf(key)
    return changed.has(name) || emptied.some((prefix) => name.startsWith(prefix)) ? undefined : channels.getBinary(key)
  }

  return {
    has: (key) => changed.get(nameOf(key)) ?? stored(key) !== undefined,
    isDamaged(key) {
      const bytes = stored(key)
      if (bytes === undefined) return false
      try {
        decode(heldCodec, key, bytes)
        return false
      } catch (error) {
        if (!isDamage(error)) throw error
        return true
      }
    },
    set: (key, isThere) => void changed.set(nameOf(key), isThere),
    removeAll(prefix) {
      const name = nameOf(prefix)
      emptied = [...emptied, name]
      for (const each of changed.keys()) if (each.startsWith(name)) changed.set(each, false)
    },
  }
}

const nameOf = (key: Buffer): string => key.toString('latin1')
