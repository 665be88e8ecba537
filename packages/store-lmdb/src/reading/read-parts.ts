import type { ChannelId, HeldState } from '@perun-watcher/core'
import type { OnDamaged } from '../codec/damage.ts'
import { type Codec, damaged, decode, isDamage } from '../codec/frame.ts'
import { idKey, lineKey, type Part, partKey } from '../codec/keys.ts'
import { heldCodec } from '../codec/state-codec.ts'
import type { KeyValue } from '../files/batches.ts'
import type { Tables } from '../files/open-tables.ts'

/** What can be read without knowing the ledgers of the store. */
export interface EntryReading {
  readonly tables: Tables
  /** Called with everything that cannot be read, each time that it is met. */
  readonly onDamaged: OnDamaged
}

/** @throws WatcherError `STORE_CORRUPT` where it is missing, too */
export const readPart = <T>(tables: Tables, id: ChannelId, part: Part, codec: Codec<T>): T =>
  readValue(tables, partKey(idKey(id), part), codec)

/** @throws WatcherError `STORE_CORRUPT` where it is missing, too */
export function readValue<T>({ channels }: Tables, key: Buffer, codec: Codec<T>): T {
  const bytes = channels.getBinary(key)
  if (bytes === undefined) throw damaged(codec.what, key, 'It is missing.')
  return decode(codec, key, bytes)
}

/** The newest state of a line other than the first. @returns `undefined` where it cannot be read, which is reported. */
export const readLineNewest = (reading: EntryReading, id: ChannelId, line: number): HeldState | undefined =>
  orReported(reading, id, false, () => readValue(reading.tables, lineKey(idKey(id), 'lineNewest', line), heldCodec))

/** A state besides the newest, which protects the channel without it, too. @returns `undefined`, as `readLineNewest` does */
export const readBeside = (reading: EntryReading, id: ChannelId, key: Buffer): HeldState | undefined =>
  orReported(reading, id, true, () => readValue(reading.tables, key, heldCodec))

/** The same of an entry that was read already. */
export const besideFrom = (reading: EntryReading, id: ChannelId, { key, value }: KeyValue): HeldState | undefined =>
  orReported(reading, id, true, () => decode(heldCodec, key, value))

/** What was read; `undefined` where it is damaged, which is reported. */
export function orReported<T>(
  { onDamaged }: EntryReading,
  channelId: ChannelId | undefined,
  isRescued: boolean,
  read: () => T,
): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!isDamage(error)) throw error
    onDamaged({ channelId, error, isRescued })
    return undefined
  }
}
