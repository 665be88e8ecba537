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

/** Each keeps at most a page of buffers and one entry in memory: together some 20 MiB. */
const mostEntries = 2_048

export function rememberEntry(id: ChannelId, bytes: Buffer, entry: IndexEntry): void {
  if (written.size >= mostEntries) written.clear()
  written.set(id, { bytes, entry })
}

/** @param bytes - what is stored for the channel */
export function recalledEntry(id: ChannelId, bytes: Buffer): IndexEntry | undefined {
  const last = written.get(id)
  return last?.bytes.equals(bytes) ? last.entry : undefined
}
