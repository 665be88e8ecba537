import type { ChannelId } from '@perun-watcher/core'
import type { ModelDispute } from '@perun-watcher/core/testing'
import type { LedgerBlock } from '../ledger.ts'

/** What the watcher has read at blocks that it was told of: it is blamed for nothing that it could not know. */
export interface KnownRecords {
  note(id: ChannelId, block: LedgerBlock): void
  /**
   * Whether exactly the record that stands in a block is what counts for it: this process has read it, and no process has read
   * a later one. A log alone does not tell the state.
   */
  isOf(id: ChannelId, block: LedgerBlock | undefined): boolean
  /** A watch begins: of a channel that was let go of nothing is known any more. */
  forget(id: ChannelId): void
  /** Another process begins; what it finds in the store may be from blocks that its stream has not reached yet. */
  restart(): void
}

export function knownRecords(): KnownRecords {
  const records = new Map<ChannelId, ModelDispute | undefined>()
  const newest = new Map<ChannelId, bigint>()
  return {
    note(id, block) {
      records.set(id, block.disputes.get(id))
      const before = newest.get(id) ?? 0n
      newest.set(id, block.number > before ? block.number : before)
    },
    isOf(id, block) {
      if (block === undefined || !records.has(id) || (newest.get(id) ?? 0n) > block.number) return false
      // A block that does not touch the record keeps the very same object.
      return records.get(id) === block.disputes.get(id)
    },
    forget: (id) => void records.delete(id),
    restart: () => records.clear(),
  }
}
