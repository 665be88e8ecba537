import {
  type AbortOptions,
  type Block,
  type ChannelId,
  type Clock,
  hasCode,
  type Logger,
  type OnChainRecord,
  type Random,
} from '@perun-watcher/core'
import type { BulkReading } from '@perun-watcher/core/adapter'
import { mapConcurrently } from '@perun-watcher/core/internal'
import type { Generation } from '../codec/generation.ts'
import { readConcurrency } from '../logs/chain-reader.ts'
import { MissingBlock } from '../logs/missing-block.ts'
import type { Address } from '../rpc/evm-client.ts'
import { type BulkAnswer, parseBulkAnswer } from './bulk-answer.ts'
import type { CallsAtBlock } from './calls-at-block.ts'
import type { RecordReader } from './record-reader.ts'
import { type Way, waysOf } from './way.ts'

export interface RecordsReaderDeps {
  readonly calls: CallsAtBlock
  readonly recordReader: RecordReader
  readonly adjudicator: Address
  readonly generation: Generation
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  readonly logger: Logger
}

export type RecordsReader = (ids: readonly ChannelId[], options?: AbortOptions) => Promise<BulkReading>

/** Where nothing else is left, so many are read by calls of their own before the caller is asked again. */
const singlesAtOnce = 32

/** What is known after a reading of the first `count` ids. */
interface Found {
  readonly count: number
  readonly records: ReadonlyMap<ChannelId, OnChainRecord | undefined>
}

/**
 * Reads the records of many channels at one block, the best way that the endpoint takes: by code that a state override puts at
 * an address, by code that would create a contract, or one by one. Which it takes shows in what comes of it, and so does how
 * many fit: where many fail and one does not, there were too many; where one fails that a call of its own can read, the way is
 * left alone for a while. An answer is believed only if the code can have given it, if it knows a channel that is known to have
 * a record, and now and then if a call of its own says the same of one channel.
 */
export function recordsReader(deps: RecordsReaderDeps): RecordsReader {
  const { calls, recordReader, adjudicator, generation, logger } = deps
  const ways = waysOf(adjudicator, generation, deps.clock)
  /** A channel with a record: an answer that knows nothing of it was not given by the adjudicator. */
  let witness: ChannelId | undefined

  async function ask(way: Way, ids: readonly ChannelId[], block: Block, options: AbortOptions): Promise<BulkAnswer> {
    const answer = await calls.tryOut(way.callFor(ids), block, options)
    return parseBulkAnswer(answer, ids, generation, block.number)
  }

  /** @returns an error where nothing useful came of it: the caller has to find out why. */
  async function askOrFail(
    way: Way,
    ids: readonly ChannelId[],
    block: Block,
    options: AbortOptions,
  ): Promise<BulkAnswer | Error> {
    try {
      return await ask(way, ids, block, options)
    } catch (error) {
      options.signal?.throwIfAborted()
      if (!(error instanceof Error) || error instanceof MissingBlock) throw error
      return error
    }
  }

  /** @returns whether a call of its own says the same of a channel. */
  async function agrees({ records }: BulkAnswer, id: ChannelId, block: Block, options: AbortOptions): Promise<boolean> {
    const record = await recordReader.readAt(id, block, options)
    if (record === undefined && id === witness) witness = undefined
    return isSame(record, records.get(id))
  }

  /** @returns whether the answer can be believed. */
  async function isTrue(
    way: Way,
    ids: readonly ChannelId[],
    answer: BulkAnswer,
    block: Block,
    options: AbortOptions,
  ): Promise<boolean> {
    // It may be among those that the answer did not come to.
    const isMissed = witness !== undefined && ids.indexOf(witness) < answer.count && !answer.records.has(witness)
    if (isMissed && witness !== undefined && !(await agrees(answer, witness, block, options))) return false
    if (!way.isCheckDue) return true
    const id = ids[Math.floor(deps.random() * answer.count)]
    if (id !== undefined && !(await agrees(answer, id, block, options))) return false
    way.onChecked()
    return true
  }

  /**
   * Finds out why a way failed. Rejects where the endpoint does not answer a single call either, or does not know the block:
   * that says nothing about the way.
   */
  async function afterFailure(
    way: Way,
    asked: readonly ChannelId[],
    failure: Error | undefined,
    block: Block,
    options: AbortOptions,
  ): Promise<void> {
    const last = asked.at(-1)
    if (last === undefined || way.onFailure()) return
    const record = await recordReader.readAt(last, block, options)
    const one = asked.length > 2 ? await askOrFail(way, [last], block, options) : undefined
    if (one === undefined || one instanceof Error || !isSame(record, one.records.get(last))) {
      logger.info('Node does not take bulk readings this way', { way: way.name, error: failure?.message })
      way.onRefused()
      return
    }
    logger.debug('Node takes fewer channels in a bulk reading', { way: way.name, asked: asked.length })
    way.onTooMany(asked.length)
    // Whoever waited for that has no time for more.
    if (hasCode(failure, 'CHAIN_UNREACHABLE')) throw failure
  }

  /** Takes an answer in, or lets its way rest. @returns whether it can be believed. */
  async function takeIn(
    way: Way,
    asked: readonly ChannelId[],
    answer: BulkAnswer,
    block: Block,
    options: AbortOptions,
  ): Promise<boolean> {
    if (!(await isTrue(way, asked, answer, block, options))) {
      logger.warn('Node answers bulk readings wrongly', { way: way.name })
      way.onRefused()
      return false
    }
    way.onAnswer(asked.length, answer.count, answer.records.size)
    const [found] = answer.records.keys()
    witness = found ?? witness
    return true
  }

  /** The ids of the next call: so many that nobody asked for are in front of the others. */
  function handedOver(way: Way, ids: readonly ChannelId[]): { readonly asked: readonly ChannelId[]; extra: 0 | 1 } {
    const first = ids.slice(0, way.size)
    if (witness === undefined || first.includes(witness)) return { asked: first, extra: 0 }
    return { asked: [witness, ...first.slice(0, Math.max(1, way.size - 1))], extra: 1 }
  }

  /** What the way tells of the first of the ids. @returns `undefined` where the endpoint does not take it. */
  async function readBy(
    way: Way,
    ids: readonly ChannelId[],
    block: Block,
    options: AbortOptions,
  ): Promise<Found | undefined> {
    while (way.isOpen) {
      const { asked, extra } = handedOver(way, ids)
      const answer = await askOrFail(way, asked, block, options)
      if (answer instanceof Error || answer.count <= extra) {
        await afterFailure(way, asked, answer instanceof Error ? answer : undefined, block, options)
      } else if (await takeIn(way, asked, answer, block, options)) {
        return { count: answer.count - extra, records: answer.records }
      }
    }
    return undefined
  }

  async function readAll(
    ids: readonly ChannelId[],
    block: Block,
    options: AbortOptions,
  ): Promise<Found & { readonly way: string }> {
    for (const way of ways) {
      const found = await readBy(way, ids, block, options)
      if (found !== undefined) return { ...found, way: way.name }
    }
    const first = ids.slice(0, singlesAtOnce)
    const records = await mapConcurrently(first, readConcurrency, (id) => recordReader.readAt(id, block, options))
    return { way: 'single', count: first.length, records: new Map(first.map((id, at) => [id, records[at]])) }
  }

  return async (ids, options = {}) => {
    const before = calls.requests
    return await recordReader.atHead(async ({ number, hash, timestamp }) => {
      const block = { number, hash, timestamp }
      const { way, records, count } = await readAll(ids, block, options)
      const readings = ids.slice(0, count).map((id) => ({ record: records.get(id), block }))
      return { readings, calls: calls.requests - before, way }
    }, options)
  }
}

function isSame(a: OnChainRecord | undefined, b: OnChainRecord | undefined): boolean {
  return (
    a?.version === b?.version && a?.phase === b?.phase && a?.timeout === b?.timeout && a?.stateHash === b?.stateHash
  )
}
