import type { ChannelId, LedgerId } from '@perun-watcher/core'
import type { StoreChange } from '@perun-watcher/core/adapter'
import { encode } from '../codec/frame.ts'
import { indexCodec } from '../codec/index-codec.ts'
import { idKey } from '../codec/keys.ts'
import type { IndexEntry } from '../entries/index-entry.ts'
import { forgetEntry, rememberEntry } from '../entries/recent-entries.ts'
import { numberOf } from '../files/meta.ts'
import { put, remove, type Tables } from '../files/open-tables.ts'
import { type Draft, type ReadEntry, take } from './draft.ts'
import type { Job } from './group-commit.ts'
import { type Write, writeOf } from './write-of.ts'

export interface CommitContext {
  readonly tables: () => Tables
  /** Those of the store, by their numbers. */
  readonly ledgers: readonly LedgerId[]
  readonly readEntry: ReadEntry
}

/**
 * A commit as a job: encoded at once, checked inside the transaction against what is stored then, and written only if all of
 * its changes are valid.
 *
 * @throws WatcherError `STORE_OF_ANOTHER_LEDGER` where a change names a ledger that the store is not bound to
 */
export function commitJob({ tables, ledgers, readEntry }: CommitContext, changes: readonly StoreChange[]): Job {
  const numberOfLedger = (ledger: LedgerId): number => numberOf(ledgers, ledger)
  const prepared = changes.map((change) => ({ change, write: writeOf(change, numberOfLedger) }))
  return () => {
    const open = tables()
    const draft: Draft = { tables: open, readEntry, numberOf: numberOfLedger, entries: new Map(), states: undefined }
    const writes: Write[] = []
    for (const { change, write } of prepared) if (take(draft, change)) writes.push(write)
    // Encoded here: whatever it throws refuses this commit only.
    for (const [id, entry] of draft.entries) writes.push(entryWrite(id, entry))
    return () => {
      for (const write of writes) write(open)
    }
  }
}

function entryWrite(id: ChannelId, entry: IndexEntry | undefined): Write {
  const key = idKey(id)
  if (entry === undefined) {
    return ({ index }) => {
      remove(index, key)
      forgetEntry(id)
    }
  }
  const bytes = encode(indexCodec, key, entry)
  return ({ index }) => {
    put(index, key, bytes)
    rememberEntry(id, bytes, entry)
  }
}
