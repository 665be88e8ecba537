import type { ChannelId } from '../model/brand.ts'
import type { AdjudicatorLog, Block, OnChainRecord } from '../model/ledger.ts'
import type { RecordReading } from '../spi/chain.ts'
import type { ChannelEntry, ChannelIndex } from './channel-index.ts'
import { factOf, factType, type Teller } from './teller.ts'

/**
 * What the adjudicator holds for each watched channel, from two sources: logs say what changes, readings of the contract
 * say what stands. Keeps the index right and tells clients.
 */
export interface RecordKeeper {
  /** A log of the newest chain. Ignored if no watched channel is concerned. */
  add(log: AdjudicatorLog): boolean
  /** A reorg took the log out. The record before it stands again. */
  remove(log: AdjudicatorLog): boolean
  /** Logs up to this block can no longer be removed. @returns the channels with a record that became final. */
  finalize(finalNumber: bigint): readonly ChannelId[]
  /** A record read from the contract. @returns whether it changed what we knew. */
  apply(id: ChannelId, reading: RecordReading): boolean
}

export function recordKeeper(index: ChannelIndex, teller: Teller): RecordKeeper {
  /** Channels with facts that are not final: all that a new block has to look at. */
  const unsettled = new Set<ChannelId>()

  function settle(entry: ChannelEntry, finalNumber: bigint): boolean {
    const settled = entry.pending.filter(({ log }) => log.block.number <= finalNumber)
    if (settled.length === 0) return false
    const pending = entry.pending.slice(settled.length)
    index.patch(entry.id, { pending })
    if (pending.length === 0) unsettled.delete(entry.id)
    for (const { log } of settled) teller.tell(factOf(log, 'final'))
    return true
  }

  return {
    add(log) {
      const entry = index.get(log.channelId)
      if (entry === undefined) return false
      // A reading at this block or a later one already contains the log.
      const isContained = entry.readAt !== undefined && log.block.number <= entry.readAt
      const record = isContained ? entry.record : recordOf(log)
      // What stood before a log that the reading contains is unknown: a removal must read again.
      const before = isContained ? undefined : entry.record
      index.patch(entry.id, { record, pending: [...entry.pending, { log, before }] })
      unsettled.add(entry.id)
      teller.tell(factOf(log, 'seen'))
      return true
    },

    remove(log) {
      const entry = index.get(log.channelId)
      if (entry === undefined) return false
      const at = entry.pending.findLastIndex((fact) => isSameLog(fact.log, log))
      const fact = entry.pending[at]
      const pending = entry.pending.filter((_, position) => position !== at)
      // Whatever was read may have been read in a block that is gone.
      index.patch(entry.id, { record: fact?.before, readAt: undefined, pending })
      teller.tell({ type: 'removed', channelId: entry.id, fact: factOf(log, 'seen') })
      return true
    },

    finalize(finalNumber) {
      return [...unsettled].filter((id) => {
        const entry = index.get(id)
        if (entry !== undefined) return settle(entry, finalNumber)
        unsettled.delete(id)
        return false
      })
    },

    apply(id, { record, block }) {
      const entry = index.get(id)
      if (entry === undefined || isOutdated(entry, block)) return false
      const isNews = !isSameRecord(entry.record, record)
      // The log's own block number counts confirmations; the reading only adds the hash.
      const known = record && !isNews ? { ...record, blockNumber: entry.record?.blockNumber ?? block.number } : record
      index.patch(id, { record: known, readAt: block.number })
      if (isNews && record !== undefined) teller.tell(factFromReading(id, record, block))
      return isNews || entry.record?.stateHash !== record?.stateHash
    },
  }
}

function recordOf({ version, phase, timeout, block }: AdjudicatorLog): OnChainRecord {
  return { version, phase, timeout, stateHash: undefined, blockNumber: block.number }
}

function isSameLog(a: AdjudicatorLog, b: AdjudicatorLog): boolean {
  return a.block.hash === b.block.hash && a.logIndex === b.logIndex
}

/** A node that lags behind the log stream must not take back what the stream said. */
function isOutdated(entry: ChannelEntry, block: Block): boolean {
  const lastLog = entry.pending.at(-1)?.log.block.number
  return (
    (lastLog !== undefined && block.number < lastLog) || (entry.readAt !== undefined && block.number < entry.readAt)
  )
}

function isSameRecord(a: OnChainRecord | undefined, b: OnChainRecord | undefined): boolean {
  return a?.version === b?.version && a?.phase === b?.phase && a?.timeout === b?.timeout
}

function factFromReading(id: ChannelId, record: OnChainRecord, block: Block): Parameters<Teller['tell']>[0] {
  return {
    type: factType(record.phase),
    channelId: id,
    version: record.version,
    timeout: record.timeout,
    finality: 'seen',
    block,
    transactionHash: undefined,
  }
}
