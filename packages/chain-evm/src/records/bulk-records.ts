import type { Bytes, ChannelId, OnChainRecord } from '@perun-watcher/core'
import { parseBulkAnswer } from '../calls/bulk-answer.ts'
import type { Lookup } from '../calls/bulk-program.ts'
import type { Generation } from '../codec/generation.ts'
import type { Address } from '../rpc/evm-client.ts'
import { invalidAnswer } from '../rpc/parse-rpc.ts'

export interface BulkRecords {
  /** How many of the ids were looked at, from the first on. */
  readonly count: number
  /** What was found. */
  readonly records: ReadonlyMap<ChannelId, OnChainRecord>
}

/** Without a state hash there is no record. */
export function recordLookup(adjudicator: Address, { selectors, disputesAnswer }: Generation): Lookup {
  return {
    contract: adjudicator,
    selector: selectors.disputes,
    words: disputesAnswer.words,
    keyWord: disputesAnswer.stateHashAt,
  }
}

/**
 * What was answered when the records of these channels were looked up at a block.
 *
 * @throws WatcherError `CHAIN_DATA_INVALID`
 */
export function parseBulkRecords(
  answer: Bytes,
  ids: readonly ChannelId[],
  generation: Generation,
  lookup: Lookup,
  blockNumber: bigint,
): BulkRecords {
  const { count, entries } = parseBulkAnswer(answer, ids, lookup)
  const records = new Map<ChannelId, OnChainRecord>()
  for (const [id, fields] of entries) {
    const record = generation.decodeDisputes(fields, blockNumber)
    if (record === undefined) throw invalidAnswer('The answer of a bulk reading', 'records', `none of channel ${id}`)
    records.set(id, record)
  }
  return { count, records }
}
