import type { ChannelId } from '../../model/brand.ts'
import type { RecordReading } from '../../spi/chain.ts'
import type { ChannelEntry } from '../channels/channel-index.ts'

/**
 * Weighs readings of the contract against a log that says more. A log that readings deny at one block after the other is taken
 * for invented, and what they say for true: to answer in vain costs gas, not to answer costs the channel.
 */
export interface LogDenials {
  /** @returns whether enough readings in a row, this one the last, say less than the channel's newest log. */
  outweigh(entry: ChannelEntry, reading: RecordReading): boolean
}

/** Readings at different blocks that outweigh a log. */
const denialsWanted = 3

export function logDenials(): LogDenials {
  /** Channels whose newest log is denied: at which block last, and how often. */
  const denials = new Map<ChannelId, { readonly at: bigint; readonly count: number }>()

  return {
    outweigh(entry, reading) {
      const { id } = entry
      const denied = denials.get(id)
      if (!denies(entry, reading)) {
        denials.delete(id)
        return false
      }
      const { number } = reading.block
      if (denied !== undefined && number <= denied.at) return false
      const count = (denied?.count ?? 0) + 1
      if (count < denialsWanted) denials.set(id, { at: number, count })
      else denials.delete(id)
      return count >= denialsWanted
    },
  }
}

/** Whether it says less than a log of an older block. */
export function denies(entry: ChannelEntry, reading: RecordReading): boolean {
  const last = entry.pending.at(-1)
  return last !== undefined && reading.block.number > last.log.block.number && saysLess(entry, reading)
}

/** A log that no reorg removed said more: an answer that forgets it is wrong, unless one after the other says the same. */
export function saysLess({ pending }: ChannelEntry, { record }: RecordReading): boolean {
  const last = pending.at(-1)
  if (last === undefined || !last.isConfirmed) return false
  return record === undefined || (last.log.phase === 'dispute' && record.version < last.log.version)
}
