import type { ChannelId } from '@perun-watcher/core'
import type { ModelDispute } from '@perun-watcher/core/testing'
import type { LedgerBlock } from '../ledger.ts'

/** What one process of the watcher has read: the judge blames it for nothing that it could not know. */
export interface KnownRecords {
  note(id: ChannelId, block: LedgerBlock): void
  /** Whether exactly the record that stands in a block was read: a log alone does not tell the state. */
  isOf(id: ChannelId, block: LedgerBlock | undefined): boolean
  /** A watch begins: of a channel that was let go of nothing is known any more. */
  forget(id: ChannelId): void
}

export function knownRecords(): KnownRecords {
  const records = new Map<ChannelId, ModelDispute | undefined>()
  return {
    note: (id, block) => void records.set(id, block.disputes.get(id)),
    // A block that does not touch the record keeps the very same object.
    isOf: (id, block) => records.has(id) && records.get(id) === block?.disputes.get(id),
    forget: (id) => void records.delete(id),
  }
}
