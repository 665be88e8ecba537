import { type AbortOptions, type Block, type ChannelId, hasCode, type OnChainRecord } from '@perun-watcher/core'
import type { RecordReading } from '@perun-watcher/core/adapter'
import type { Generation } from '../codec/generation.ts'
import type { ChainReader } from '../logs/chain-reader.ts'
import { MissingBlock } from '../logs/missing-block.ts'
import type { Address, RequestOptions } from '../rpc/evm-client.ts'
import { rpcFailure } from '../rpc/rpc-failure.ts'
import type { CallsAtBlock } from './calls-at-block.ts'

export interface RecordReaderDeps {
  readonly calls: CallsAtBlock
  readonly reader: Pick<ChainReader, 'latest'>
  readonly adjudicator: Address
  readonly generation: Generation
  /** The head that the log stream reported last, so that records and logs speak of the same block. */
  readonly reportedHead: () => Block | undefined
}

/** Reads the adjudicator's record of a channel by a call of its own. */
export interface RecordReader {
  /**
   * At the head that the stream reported, or else at the newest one.
   *
   * Rejects with `CHAIN_UNREACHABLE` where the endpoint does not know the block (yet), and as {@link ChainReader} does.
   */
  read(id: ChannelId, options?: AbortOptions): Promise<RecordReading>
  /** At a block. Rejects with {@link MissingBlock} where the endpoint does not know it, and as {@link ChainReader} does. */
  readAt(id: ChannelId, block: Block, options: AbortOptions): Promise<OnChainRecord | undefined>
  /** Reads something at the block at which `read` would. */
  atHead<T>(read: (block: Block) => Promise<T>, options: AbortOptions): Promise<T>
}

/** Whether an endpoint said what the adjudicator never says: it tells every record, and refuses nobody. */
function isNoAnswerOfIt(error: unknown): boolean {
  const isRefusal = error instanceof MissingBlock && rpcFailure('eth_call', error.cause) === 'call'
  return isRefusal || hasCode(error, 'CHAIN_DATA_INVALID')
}

export function recordReader({ calls, reader, adjudicator, generation, reportedHead }: RecordReaderDeps): RecordReader {
  async function ask(id: ChannelId, block: Block, options: RequestOptions): Promise<OnChainRecord | undefined> {
    const answer = await calls.read({ to: adjudicator, data: generation.encodeDisputes(id) }, block, options)
    return generation.decodeDisputes(answer, block.number)
  }

  async function readAt(id: ChannelId, block: Block, options: AbortOptions): Promise<OnChainRecord | undefined> {
    try {
      return await ask(id, block, options)
    } catch (error) {
      if (!isNoAnswerOfIt(error)) throw error
      return await ask(id, block, { ...options, secondOpinion: true })
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

  return {
    readAt,
    atHead,
    read: (id, options = {}) =>
      atHead(async ({ number, hash, timestamp }) => {
        const block = { number, hash, timestamp }
        return { record: await readAt(id, block, options), block }
      }, options),
  }
}
