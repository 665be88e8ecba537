import type { Bytes, Hex } from '@perun-watcher/core'
import { invalidAnswer } from '../rpc/parse-rpc.ts'
import { entryBytes, type Lookup } from './bulk-program.ts'

export interface BulkAnswer<Id extends Hex> {
  /** How many of the ids were looked at, from the first on. */
  readonly count: number
  /** What the contract said of those of which there is anything to tell. */
  readonly entries: ReadonlyMap<Id, Hex>
}

const wordDigits = 64

/**
 * What a {@link BulkProgram} answered when it was handed these ids. Takes nothing that the program would not return for them:
 * an endpoint may have executed something else, or nothing.
 *
 * @throws WatcherError `CHAIN_DATA_INVALID`
 */
export function parseBulkAnswer<Id extends Hex>(
  answer: Bytes,
  ids: readonly Id[],
  lookup: Pick<Lookup, 'words' | 'keyWord'>,
): BulkAnswer<Id> {
  const digits = answer.slice(2)
  const entryDigits = 2 * entryBytes(lookup)
  const rest = digits.length - wordDigits
  if (rest < 0 || rest % entryDigits !== 0) throw bulkRefused(`${digits.length / 2} bytes`)
  const count = BigInt(`0x${digits.slice(0, wordDigits)}`)
  if (count < 1n || count > BigInt(ids.length)) throw bulkRefused(`${count} ids, ${ids.length} were asked for`)
  const names: readonly string[] = ids
  const entries = new Map<Id, Hex>()
  let at = 0
  for (let start = wordDigits; start < digits.length; start += entryDigits) {
    const name = `0x${digits.slice(start, start + wordDigits)}`
    // In the order of the ids, each at most once.
    at = names.indexOf(name, at) + 1
    const id = ids[at - 1]
    if (id === undefined || at > count) throw bulkRefused(`id ${name}, which is none of those looked at`)
    const fields: Hex = `0x${digits.slice(start + wordDigits, start + entryDigits)}`
    const key = fields.slice(2 + wordDigits * lookup.keyWord).slice(0, wordDigits)
    if (/^0*$/.test(key)) throw bulkRefused(`id ${id}, of which there is nothing to tell`)
    entries.set(id, fields)
  }
  return { count: Number(count), entries }
}

function bulkRefused(what: string): Error {
  return invalidAnswer('The answer of a bulk reading', 'the count of the ids looked at and what was found', what)
}
