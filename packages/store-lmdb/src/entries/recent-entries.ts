import type { ChannelId } from '@perun-watcher/core'
import type { IndexEntry } from './index-entry.ts'

interface Written {
  readonly bytes: Buffer
  readonly entry: IndexEntry
}

/**
 * Index entries written lately, so that the next commit of a busy channel need not decode what the last one encoded. What
 * counts is always what the file holds: an entry is recalled only for exactly the bytes that were made of it.
 */
const written = new Map<ChannelId, Written>()

/** Of channels: as many as can be busy at a time. What is kept of each is some hundred bytes, or some KiB with many locks. */
const mostEntries = 4_096

/** The one written longest ago makes room. */
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

/** @param bytes - what is stored for the channel */
export function recalledEntry(id: ChannelId, bytes: Buffer): IndexEntry | undefined {
  const last = written.get(id)
  return last?.bytes.equals(bytes) ? last.entry : undefined
}
