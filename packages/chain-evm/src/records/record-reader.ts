import {
  type AbortOptions,
  type Block,
  type ChannelId,
  type Clock,
  hasCode,
  type OnChainRecord,
  WatcherError,
} from '@perun-watcher/core'
import type { RecordReading } from '@perun-watcher/core/adapter'
import type { CallsAtBlock } from '../calls/calls-at-block.ts'
import type { Way } from '../calls/way.ts'
import type { Generation } from '../codec/generation.ts'
import type { ChainReader } from '../logs/chain-reader.ts'
import { MissingBlock } from '../logs/missing-block.ts'
import type { Address, RequestOptions } from '../rpc/evm-client.ts'
import { rpcFailure } from '../rpc/rpc-failure.ts'
import { firstOpinions } from './first-opinions.ts'
import { saysLess, type ToldRecords } from './told-records.ts'

export interface RecordReaderDeps {
  readonly calls: CallsAtBlock
  readonly reader: Pick<ChainReader, 'latest'>
  readonly adjudicator: Address
  readonly generation: Generation
  readonly told: ToldRecords
  /** How many are read in one call, best first; shared with whoever else looks up records. */
  readonly ways: readonly Way[]
  readonly clock: Clock
  /** The head that the log stream reported last, so that records and logs speak of the same block. */
  readonly reportedHead: () => Block | undefined
}

/** Reads the adjudicator's record of a channel by a call of its own. */
export interface RecordReader {
  /**
   * At the head that the stream reported, or else at the newest one. No single one of several endpoints makes a record vanish.
   *
   * Rejects with `CHAIN_UNREACHABLE` where the endpoint does not know the block (yet), and as {@link ChainReader} does.
   */
  read(id: ChannelId, options?: AbortOptions): Promise<RecordReading>
  /**
   * By the word of one endpoint, at a block. Rejects with {@link MissingBlock} where the endpoint does not know it, and as
   * {@link ChainReader} does.
   */
  readAt(id: ChannelId, block: Block, options: RequestOptions): Promise<OnChainRecord | undefined>
  /** Reads something at the block at which `read` would. */
  atHead<T>(read: (block: Block) => Promise<T>, options: AbortOptions): Promise<T>
}

/** Whether an endpoint said what the adjudicator never says: it tells every record, and refuses nobody. */
function isNoAnswerOfIt(error: unknown): boolean {
  const isRefusal = error instanceof MissingBlock && rpcFailure('eth_call', error.cause) === 'call'
  return isRefusal || hasCode(error, 'CHAIN_DATA_INVALID')
}

/** Second opinions in a row that did not come, after which one endpoint's word is told until one comes again. */
const mostUnanswered = 3

/** Doubts for which they are counted; more than there are at a time. */
const mostCounted = 1_024

/** What a second opinion is about: a channel of which more was told, or any of which nothing was, as of most. */
type Doubt = ChannelId | 'any'

export function recordReader(deps: RecordReaderDeps): RecordReader {
  const { calls, reader, adjudicator, generation, told, reportedHead } = deps
  const unanswered = new Map<Doubt, number>()

  async function ask(id: ChannelId, block: Block, options: RequestOptions): Promise<OnChainRecord | undefined> {
    const answer = await calls.read({ to: adjudicator, data: generation.encodeDisputes(id) }, block, options)
    return generation.decodeDisputes(answer, block.number)
  }

  async function readAt(id: ChannelId, block: Block, options: RequestOptions): Promise<OnChainRecord | undefined> {
    const heard = options.heard ?? new Set<string>()
    try {
      return await ask(id, block, { ...options, heard })
    } catch (error) {
      if (!isNoAnswerOfIt(error)) throw error
      return await ask(id, block, { ...options, heard, secondOpinion: options.secondOpinion !== true })
    }
  }

  /** What another endpoint says; as of its own newest block where it has not heard of this one yet. */
  async function askAnother(id: ChannelId, block: Block, options: RequestOptions): Promise<OnChainRecord | undefined> {
    try {
      return await ask(id, block, options)
    } catch (error) {
      if (!(error instanceof MissingBlock) || isGone(error)) throw error
      const answer = await calls.readNewest({ to: adjudicator, data: generation.encodeDisputes(id) }, options)
      return generation.decodeDisputes(answer, block.number)
    }
  }

  /** The same, and the reason where nobody says anything. Rejects where the block is gone. */
  async function askOrFail(
    id: ChannelId,
    block: Block,
    options: RequestOptions,
  ): Promise<OnChainRecord | Error | undefined> {
    try {
      return await askAnother(id, block, options)
    } catch (error) {
      options.signal?.throwIfAborted()
      if (!(error instanceof Error) || isGone(error)) throw error
      return error
    }
  }

  /** @throws WatcherError `CHAIN_UNREACHABLE` until it was asked for so often that one endpoint's word is told. */
  function noteUnanswered(about: Doubt, cause: Error): void {
    const count = (unanswered.get(about) ?? 0) + 1
    unanswered.delete(about)
    unanswered.set(about, count)
    const [oldest] = unanswered.keys()
    if (unanswered.size > mostCounted && oldest !== undefined) unanswered.delete(oldest)
    if (count <= mostUnanswered) throw unconfirmed(cause)
  }

  /**
   * That there is no record, or an older one than was told, is told only if another endpoint does not know more: an endpoint
   * without the state of a block answers as if nobody had ever registered anything.
   */
  async function readDoubtingly(
    id: ChannelId,
    block: Block,
    options: AbortOptions,
  ): Promise<OnChainRecord | undefined> {
    const { record: first, heard } = await firstOpinion(id, block, options)
    // Where there is but one endpoint there is nobody else to ask.
    const isDoubtful = heard.size > 0 && (first === undefined || told.isLess(id, first))
    const record = isDoubtful ? await fullerOf(first, id, block, { ...options, heard: new Set(heard) }) : first
    told.note(id, record)
    return record
  }

  /** The first, or what another one says more. Where a log or an earlier reading told more than both, everybody is asked. */
  async function fullerOf(
    first: OnChainRecord | undefined,
    id: ChannelId,
    block: Block,
    options: RequestOptions & { readonly heard: Set<string> },
  ): Promise<OnChainRecord | undefined> {
    const { heard } = options
    let record = first
    const about: Doubt = told.isLess(id, first) ? id : 'any'
    for (let opinions = 0; ; opinions++) {
      const before = heard.size
      const other = await askOrFail(id, block, options)
      if (other instanceof Error) {
        if (opinions === 0) noteUnanswered(about, other)
        return record
      }
      unanswered.delete(about)
      record = fuller(record, other)
      if (heard.size === before || !told.isLess(id, record)) return record
    }
  }

  async function atHead<T>(read: (block: Block) => Promise<T>, options: AbortOptions): Promise<T> {
    const reported = reportedHead()
    if (reported !== undefined) {
      try {
        return await read(reported)
      } catch (error) {
        // Reorged away since, or too old for a consumer that has not asked for a step in a while.
        if (!(error instanceof MissingBlock)) throw error
      }
    }
    const { number, hash, timestamp } = await reader.latest(options)
    return await read({ number, hash, timestamp })
  }

  const firstOpinion = firstOpinions({ ...deps, readAt })

  return {
    readAt,
    atHead,
    read: (id, options = {}) =>
      atHead(async ({ number, hash, timestamp }) => {
        const block = { number, hash, timestamp }
        return { record: await readDoubtingly(id, block, options), block }
      }, options),
  }
}

function fuller(a: OnChainRecord | undefined, b: OnChainRecord | undefined): OnChainRecord | undefined {
  return saysLess(a, b) ? b : a
}

/** Whether it is no block of the chain any more, rather than unknown to whoever was asked. */
function isGone(error: Error): boolean {
  return error instanceof MissingBlock && error.cause === undefined
}

function unconfirmed(cause: Error): WatcherError {
  return new WatcherError('CHAIN_UNREACHABLE', 'Only one RPC endpoint says what the adjudicator holds.', {
    details: ['It says that there is less than there may be, and no other one answered.'],
    cause,
  })
}
