import type { ChannelId, HeldState, StateHash } from '@perun-watcher/core'
import { idKey, keptKey, keptPrefix } from '../codec/keys.ts'
import { batches } from '../files/batches.ts'
import { endOf } from '../files/open-tables.ts'
import { besideFrom, type EntryReading } from './read-parts.ts'

/** How many states of a history are read at once; each takes some hundred bytes, or some KiB with many locks. */
const batchSize = 100

/** One state that is kept besides the newest; without a hash, any of the version. Damaged ones are reported. */
export function readKept(
  reading: EntryReading,
  id: ChannelId,
  line: number,
  version: bigint,
  hash: StateHash | undefined,
): HeldState | undefined {
  const { channels } = reading.tables
  if (hash !== undefined) {
    const key = keptKey(idKey(id), line, version, hash)
    const value = channels.getBinary(key)
    return value && besideFrom(reading, id, { key, value })
  }
  const start = keptPrefix(idKey(id), line, version)
  for (const entry of channels.getRange({ start, end: endOf(start) })) {
    const held = besideFrom(reading, id, entry)
    if (held !== undefined) return held
  }
  return undefined
}

/** All states that are kept of a line besides the newest, oldest first, in batches. Damaged ones are reported and left out. */
export function* keptBatches(
  reading: () => EntryReading,
  id: ChannelId,
  line: number,
): Generator<readonly HeldState[]> {
  const start = keptPrefix(idKey(id), line)
  const range = { start, end: endOf(start), size: batchSize }
  for (const batch of batches(() => reading().tables.channels, range)) {
    yield batch.flatMap((entry) => besideFrom(reading(), id, entry) ?? [])
  }
}
