import type { HeldState } from '@perun-watcher/core'
import { historyWith, noHistory } from '@perun-watcher/core/adapter'
import type { OnDamaged } from '../codec/damage.ts'
import { decode, encode, isDamage } from '../codec/frame.ts'
import { type FormerEntry, formerIndexCodec, indexCodec } from '../codec/index-codec.ts'
import { channelOf, keptKey, type Part, partKey } from '../codec/keys.ts'
import { heldCodec, paramsCodec } from '../codec/state-codec.ts'
import { none, olderOf } from '../entries/index-entry.ts'
import { batches } from './batches.ts'
import { put, remove, type Tables } from './open-tables.ts'

/** Migrates from one format to the next, inside the transaction that opens the store. */
export type Migration = (tables: Tables, onDamaged: OnDamaged) => void

/**
 * From format 1, where a channel had up to two other states, each under a part of its own: the fallback becomes an older state,
 * the registered one is kept besides. Summaries did not tell the challenge duration. Whatever else changed can still be read,
 * and is written anew with the next change.
 */
const toHistories: Migration = (tables, onDamaged) => {
  for (const batch of batches(() => tables.index)) {
    for (const { key, value } of batch) {
      keepFormer(tables, key, readFormer(key, value), onDamaged)
    }
  }
}

/** @returns `undefined` where the entry is damaged: it is rebuilt from the parts when it is read. */
function readFormer(key: Buffer, value: Buffer): FormerEntry | undefined {
  try {
    return decode(formerIndexCodec, key, value)
  } catch (error) {
    if (!isDamage(error)) throw error
    return undefined
  }
}

function keepFormer(tables: Tables, id: Buffer, former: FormerEntry | undefined, onDamaged: OnDamaged): void {
  const fallback = (former?.hasFallback ?? true) ? keepPart(tables, id, 'fallback', onDamaged) : undefined
  const registered = (former?.hasRegistered ?? true) ? keepPart(tables, id, 'registered', onDamaged) : undefined
  const challengeDuration = former && durationOf(tables, id)
  if (former === undefined || challengeDuration === undefined) return
  const kept = new Map(
    [fallback, registered].flatMap((held) => (held === undefined ? [] : [[held.hash, held] as const])),
  )
  const entry = {
    ...former.entry,
    challengeDuration,
    older: fallback === undefined ? none : [olderOf(fallback)],
    history: [...kept.values()].reduce(historyWith, noHistory),
  }
  put(tables.index, id, encode(indexCodec, id, entry))
}

/** @returns `undefined` where the parameters are damaged, which is reported when the channel is read. */
function durationOf({ channels }: Tables, id: Buffer): bigint | undefined {
  const key = partKey(id, 'params')
  const bytes = channels.getBinary(key)
  try {
    return bytes && decode(paramsCodec, key, bytes).challengeDuration
  } catch (error) {
    if (!isDamage(error)) throw error
    return undefined
  }
}

/** Moves a state to where the history is. One that is damaged stays where it is, and is reported. */
function keepPart({ channels }: Tables, id: Buffer, part: Part, onDamaged: OnDamaged): HeldState | undefined {
  const key = partKey(id, part)
  const bytes = channels.getBinary(key)
  if (bytes === undefined) return undefined
  try {
    const held = decode(heldCodec, key, bytes)
    const kept = keptKey(id, 0, held.state.version, held.hash)
    put(channels, kept, encode(heldCodec, kept, held))
    remove(channels, key)
    return held
  } catch (error) {
    if (!isDamage(error)) throw error
    onDamaged({ channelId: channelOf(id), error, isRescued: true })
    return undefined
  }
}

/** The migration from format `index + 1` to the next. Only ever append: stores of all formats exist. */
export const migrations: readonly Migration[] = [toHistories]
