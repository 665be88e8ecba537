import type { ChannelId } from '@perun-watcher/core'
import type { IndexEntry } from './index-entry.ts'

interface Written {
  readonly bytes: Buffer
  readonly entry: IndexEntry
}

/**
 * A cache of recently written index entries, so that the next commit of a busy channel need not decode what the last one
 * encoded. The file stays authoritative: an entry is returned only for exactly the bytes that it was encoded to.
 */
const written = new Map<ChannelId, Written>()

/** As many channels as can be busy at a time. An entry takes some hundred bytes, or some KiB with many locks. */
const mostEntries = 4_096

/** Evicts the entry that was written longest ago. */
export function rememberEntry(id: ChannelId, bytes: Buffer, entry: IndexEntry): void {
  written.delete(id)
  written.set(id, { bytes, entry })
  if (written.size <= mostEntries) return
  const [oldest] = written.keys()
  if (oldest !== undefined) written.delete(oldest)
}

export function forgetEntry(id: ChannelId): void {
  written.delete(id)
}

/** @param bytes what the file holds for the channel. */
export function recalledEntry(id: ChannelId, bytes: Buffer): IndexEntry | undefined {
  const last = written.get(id)
  return last?.bytes.equals(bytes) ? last.entry : undefined
}
