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
import type { CallsAtBlock } from '../calls/calls-at-block.ts'
import type { Way } from '../calls/way.ts'
import type { Generation } from '../codec/generation.ts'
import { readConcurrency } from '../logs/chain-reader.ts'
import { MissingBlock } from '../logs/missing-block.ts'
import type { Address, RequestOptions } from '../rpc/evm-client.ts'
import { askingOrder } from './asking-order.ts'
import { type Asked, checkOne, isSame, type Verdict } from './bulk-check.ts'
import { type BulkRecords, parseBulkRecords, recordLookup } from './bulk-records.ts'
import type { RecordReader } from './record-reader.ts'
import type { ToldRecords } from './told-records.ts'

export interface RecordsReaderDeps {
  readonly calls: CallsAtBlock
  readonly recordReader: RecordReader
  readonly adjudicator: Address
  readonly generation: Generation
  readonly told: ToldRecords
  /** Shared with whoever else looks up records. */
  readonly ways: readonly Way[]
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  readonly logger: Logger
}

export type RecordsReader = (ids: readonly ChannelId[], options?: AbortOptions) => Promise<BulkReading>

/** Where nothing else is left, so many are read by calls of their own before the caller is asked again. */
const singlesAtOnce = 32

/** Of readings by calls of their own, the share of which one is checked. */
const singleChecks = 1 / 16

/** One reading of as many as go together. */
interface Reading extends AbortOptions {
  readonly turns: Turns
}

/** How often it may be asked of another endpoint first. */
interface Turns {
  left: number
}

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
 * a record, and now and then if a call of its own says the same of one channel; these calls go to another endpoint, where there
 * are several. One that hides a record is asked after the others for a while.
 */
export function recordsReader(deps: RecordsReaderDeps): RecordsReader {
  const { calls, recordReader, adjudicator, generation, told, ways, logger } = deps
  const lookup = recordLookup(adjudicator, generation)
  const order = askingOrder(deps.clock)

  async function ask(way: Way, ids: readonly ChannelId[], block: Block, options: RequestOptions): Promise<BulkRecords> {
    const answer = await calls.tryOut(way.callFor(ids), block, options)
    return parseBulkRecords(answer, ids, generation, lookup, block.number)
  }

  /** @returns an error where nothing useful came of it: the caller has to find out why. */
  async function askOrFail(
    way: Way,
    ids: readonly ChannelId[],
    block: Block,
    options: RequestOptions,
  ): Promise<BulkRecords | Error> {
    try {
      return await ask(way, ids, block, options)
    } catch (error) {
      options.signal?.throwIfAborted()
      if (!(error instanceof Error) || error instanceof MissingBlock) throw error
      return error
    }
  }

  /** Whether the answer can be believed. */
  async function verdictOn(way: Way, ids: readonly ChannelId[], asked: Asked): Promise<Verdict> {
    const { count, records } = asked.answer
    const missed = ids.slice(0, count).find((id) => told.has(id) && !records.has(id))
    const verdict = missed === undefined ? 'true' : await checkOne(deps, missed, asked)
    if (verdict !== 'true' || !way.isCheckDue) return verdict
    const id = ids[Math.floor(deps.random() * count)]
    const drawn = id === undefined ? 'true' : await checkOne(deps, id, asked)
    if (drawn === 'true') way.onChecked()
    return drawn
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
    options: RequestOptions,
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

  /** Takes an answer in, or asks another endpoint first from now on, or lets the way rest. @returns whether it can be believed. */
  async function takeIn(way: Way, ids: readonly ChannelId[], asked: Asked, turns: Turns): Promise<boolean> {
    const verdict = await verdictOn(way, ids, asked)
    if (verdict === 'true') {
      const { count, records } = asked.answer
      way.onAnswer(ids.length, count, records.size)
      for (const [id, record] of [...records].slice(0, 1)) told.note(id, record)
      return true
    }
    if (verdict === 'hidden' && turns.left > 0) {
      turnTo(way.name, turns)
      return false
    }
    logger.warn('Node answers bulk readings wrongly', { way: way.name })
    way.onRefused()
    return false
  }

  /** The ids of the next call: so many that nobody asked for are in front of the others. */
  function handedOver(way: Way, ids: readonly ChannelId[]): { readonly asked: readonly ChannelId[]; extra: 0 | 1 } {
    const first = ids.slice(0, way.size)
    const { witness } = told
    if (witness === undefined || first.includes(witness)) return { asked: first, extra: 0 }
    return { asked: [witness, ...first.slice(0, Math.max(1, way.size - 1))], extra: 1 }
  }

  /** What the way tells of the first of the ids. @returns `undefined` where the endpoint does not take it. */
  async function readBy(
    way: Way,
    ids: readonly ChannelId[],
    block: Block,
    { signal, turns }: Reading,
  ): Promise<Found | undefined> {
    while (way.isOpen) {
      const { asked, extra } = handedOver(way, ids)
      const options = { signal, secondOpinion: order.secondOpinion, heard: new Set<string>() }
      const answer = await askOrFail(way, asked, block, options)
      if (answer instanceof Error || answer.count <= extra) {
        const failure = answer instanceof Error ? answer : undefined
        await afterFailure(way, asked, failure, block, { ...options, heard: undefined })
      } else if (await takeIn(way, asked, { answer, block, options }, turns)) {
        return { count: answer.count - extra, records: answer.records }
      }
    }
    return undefined
  }

  async function readAll(
    ids: readonly ChannelId[],
    block: Block,
    reading: Reading,
  ): Promise<Found & { readonly way: string }> {
    for (const way of ways) {
      const found = await readBy(way, ids, block, reading)
      if (found !== undefined) return { ...found, way: way.name }
    }
    return { ...(await readSingly(ids.slice(0, singlesAtOnce), block, reading)), way: 'single' }
  }

  /** Checked as the other ways are: its endpoint may hide records as well. */
  async function readSingly(ids: readonly ChannelId[], block: Block, { signal, turns }: Reading): Promise<Found> {
    const readings = await mapConcurrently(ids, readConcurrency, async (id) => {
      const options = { signal, secondOpinion: order.secondOpinion, heard: new Set<string>() }
      return { id, record: await recordReader.readAt(id, block, options), options }
    })
    const records = new Map(readings.flatMap(({ id, record }) => (record === undefined ? [] : [[id, record] as const])))
    const missed = readings.find(({ id, record }) => record === undefined && told.has(id))
    const drawn = deps.random() < singleChecks ? readings[Math.floor(deps.random() * ids.length)] : undefined
    for (const { id, options } of [missed, drawn].filter((each) => each !== undefined)) {
      const verdict = await checkOne(deps, id, { answer: { count: ids.length, records }, block, options })
      if (verdict !== 'hidden' || turns.left === 0) continue
      turnTo('single', turns)
      return await readSingly(ids, block, { signal, turns })
    }
    return { count: ids.length, records }
  }

  function turnTo(way: string, turns: Turns): void {
    turns.left -= 1
    order.onHidden()
    logger.warn('An RPC endpoint hides records; another one is asked first', { way })
  }

  return async (ids, options = {}) => {
    const before = calls.requests
    return await recordReader.atHead(async ({ number, hash, timestamp }) => {
      const block = { number, hash, timestamp }
      const { way, records, count } = await readAll(ids, block, { signal: options.signal, turns: { left: 1 } })
      const readings = ids.slice(0, count).map((id) => ({ record: records.get(id), block }))
      return { readings, calls: calls.requests - before, way }
    }, options)
  }
}
