import type { Block, ChannelId, OnChainRecord } from '@perun-watcher/core'
import type { RequestOptions } from '../rpc/evm-client.ts'
import type { BulkRecords } from './bulk-records.ts'
import type { RecordReader } from './record-reader.ts'
import { saysLess, type ToldRecords } from './told-records.ts'

/**
 * What single readings make of a bulk reading.
 * - `true`: nothing speaks against it.
 * - `wrong`: it does not say what its endpoint says itself.
 * - `hidden`: its endpoint leaves out what another one tells of.
 */
export type Verdict = 'true' | 'wrong' | 'hidden'

export interface BulkCheckDeps {
  readonly recordReader: Pick<RecordReader, 'readAt'>
  readonly told: ToldRecords
}

/** A bulk reading, and which endpoints it came from. */
export interface Asked {
  readonly answer: BulkRecords
  readonly block: Block
  /** As the bulk reading was asked for, with those that answered it in `heard`. */
  readonly options: RequestOptions
}

/**
 * Holds one record of a bulk reading against what another endpoint says; where they differ, against what a third one says, or
 * its own one where there is none.
 */
export async function checkOne(deps: BulkCheckDeps, id: ChannelId, asked: Asked): Promise<Verdict> {
  const { answer, block, options } = asked
  const found = answer.records.get(id)
  const readAt = (heard: Set<string> | undefined): Promise<OnChainRecord | undefined> =>
    deps.recordReader.readAt(id, block, { ...options, heard })
  const bulk = options.heard ?? new Set()
  const heard = new Set(bulk)
  const other = bulk.size === 0 ? undefined : await toldBy(readAt(heard), options)
  if (other !== undefined && isSame(other.record, found)) {
    if (found === undefined) deps.told.note(id, undefined)
    return 'true'
  }
  const asOwn = new Set([...[...heard].filter((name) => !bulk.has(name)), ...bulk])
  const single = await readAt(other === undefined ? undefined : asOwn)
  const isOwn = asOwn.size === heard.size
  // To read in vain costs a call, to leave out what there is costs the channel.
  const isHidden = other !== undefined && saysLess(found, other.record)
  if (!isSame(single, found)) return isHidden && !isOwn ? 'hidden' : 'wrong'
  if (bulk.size === 0 && found === undefined) deps.told.note(id, undefined)
  return isHidden ? 'hidden' : 'true'
}

/** @returns `undefined` where nobody else knows: another one may be behind, or fail. */
async function toldBy(
  reading: Promise<OnChainRecord | undefined>,
  { signal }: RequestOptions,
): Promise<{ readonly record: OnChainRecord | undefined } | undefined> {
  try {
    return { record: await reading }
  } catch {
    signal?.throwIfAborted()
    return undefined
  }
}

export function isSame(a: OnChainRecord | undefined, b: OnChainRecord | undefined): boolean {
  return (
    a?.version === b?.version && a?.phase === b?.phase && a?.timeout === b?.timeout && a?.stateHash === b?.stateHash
  )
}
