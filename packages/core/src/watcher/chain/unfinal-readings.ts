import type { ChannelId } from '../../model/brand.ts'
import type { Block } from '../../model/ledger.ts'
import type { RecordReading } from '../../spi/chain.ts'
import type { ChannelEntry, ChannelIndex } from '../channels/channel-index.ts'

/**
 * Records that were read at blocks which a reorg may remove. The stream need not have told a log of what was read there, and then
 * removes none with the block.
 */
export interface UnfinalReadings {
  note(id: ChannelId, reading: RecordReading): void
  /** Blocks up to this one are final. */
  settle(finalNumber: bigint): void
  /** Channels with a record that was written or read at a block from this number on. */
  since(number: bigint): readonly ChannelEntry[]
}

export function unfinalReadings(index: Pick<ChannelIndex, 'get' | 'entries'>): UnfinalReadings {
  /** By channel the number of the block. */
  const readings = new Map<ChannelId, Block['number']>()
  let newestFinal = 0n

  return {
    note(id, { record, block }) {
      if (record !== undefined) readings.set(id, block.number)
    },
    settle(finalNumber) {
      if (finalNumber > newestFinal) newestFinal = finalNumber
      for (const [id, number] of readings) if (number <= finalNumber) readings.delete(id)
    },
    since(number) {
      // Where a reorg goes deeper than it should, it may be any of all channels.
      const candidates =
        number > newestFinal ? [...readings.keys()].flatMap((id) => index.get(id) ?? []) : index.entries()
      const found: ChannelEntry[] = []
      for (const entry of candidates) {
        const { record, readAt = 0n } = entry
        if (record !== undefined && (record.blockNumber >= number || readAt >= number)) found.push(entry)
      }
      return found
    },
  }
}
