import { type AbortOptions, type Block, type ChannelId, hasCode } from '@perun-watcher/core'
import type { RecordReading } from '@perun-watcher/core/adapter'
import type { Generation } from '../codec/generation.ts'
import type { Address, EvmClient } from '../rpc/evm-client.ts'
import { parseRpcBytes } from '../rpc/parse-rpc.ts'
import type { ChainReader } from './chain-reader.ts'
import { MissingBlock } from './missing-block.ts'

export interface RecordReaderDeps {
  readonly client: EvmClient
  readonly reader: ChainReader
  readonly adjudicator: Address
  readonly generation: Generation
  /** The head that the log stream reported last, so that records and logs speak of the same block. */
  readonly reportedHead: () => Block | undefined
}

export type RecordReader = (id: ChannelId, options?: AbortOptions) => Promise<RecordReading>

/**
 * Reads the adjudicator's record of a channel. The block is named by hash: were it named by number, a reorg could slip
 * another block under the reading.
 *
 * Rejects with `CHAIN_UNREACHABLE` where the endpoint does not know the block (yet), and as {@link ChainReader} does.
 */
export function recordReader({
  client,
  reader,
  adjudicator,
  generation,
  reportedHead,
}: RecordReaderDeps): RecordReader {
  async function readAt(
    id: ChannelId,
    { number, hash, timestamp }: Block,
    options: AbortOptions,
  ): Promise<RecordReading> {
    const call = { to: adjudicator, data: generation.encodeDisputes(id) }
    const answer = await client.request('eth_call', [call, { blockHash: hash }], options).catch((error: unknown) => {
      // Nothing in this call can fail but the block: the function reads one mapping.
      throw hasCode(error, 'RPC_REFUSED') ? new MissingBlock(hash, error) : error
    })
    const record = generation.decodeDisputes(parseRpcBytes(answer, 'disputes()'), number)
    return { record, block: { number, hash, timestamp } }
  }

  return async (id, options = {}) => {
    const reported = reportedHead()
    if (reported !== undefined) {
      try {
        return await readAt(id, reported, options)
      } catch (error) {
        // Reorged away since, or too old for a consumer that has not asked for a step in a while.
        if (!(error instanceof MissingBlock)) throw error
      }
    }
    return readAt(id, await reader.latest(options), options)
  }
}
