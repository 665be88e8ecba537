import { type Bytes, type ChannelId, type Hex, type OnChainRecord, parseChannelId } from '@perun-watcher/core'
import type { Generation } from '../codec/generation.ts'
import { invalidAnswer } from '../rpc/parse-rpc.ts'
import { entryBytes } from './bulk-program.ts'

export interface BulkAnswer {
  /** How many of the ids were looked at, from the first on. */
  readonly count: number
  /** What was found. */
  readonly records: ReadonlyMap<ChannelId, OnChainRecord>
}

const wordDigits = 64

/**
 * What a {@link BulkProgram} answered when it was handed these ids. Takes nothing that the program would not return for them:
 * an endpoint may have executed something else, or nothing.
 *
 * @throws WatcherError `CHAIN_DATA_INVALID`
 */
export function parseBulkAnswer(
  answer: Bytes,
  ids: readonly ChannelId[],
  generation: Generation,
  blockNumber: bigint,
): BulkAnswer {
  const digits = answer.slice(2)
  const entryDigits = 2 * entryBytes(generation)
  const rest = digits.length - wordDigits
  if (rest < 0 || rest % entryDigits !== 0) throw refused(`${digits.length / 2} bytes`)
  const count = BigInt(`0x${digits.slice(0, wordDigits)}`)
  if (count < 1n || count > BigInt(ids.length)) throw refused(`${count} channels, ${ids.length} were asked for`)
  const records = new Map<ChannelId, OnChainRecord>()
  let at = 0
  for (let start = wordDigits; start < digits.length; start += entryDigits) {
    const id = parseChannelId(`0x${digits.slice(start, start + wordDigits)}`)
    // In the order of the ids, each at most once.
    at = ids.indexOf(id, at) + 1
    if (at < 1 || at > count) throw refused(`channel ${id}, which is none of those looked at`)
    const fields: Hex = `0x${digits.slice(start + wordDigits, start + entryDigits)}`
    const record = generation.decodeDisputes(fields, blockNumber)
    if (record === undefined) throw refused(`channel ${id} without a record`)
    records.set(id, record)
  }
  return { count: Number(count), records }
}

function refused(what: string): Error {
  return invalidAnswer('The answer of a bulk reading', 'the count of the channels read and the records found', what)
}
