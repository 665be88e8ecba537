import { type AbortOptions, type AdjudicatorLog, type BlockHash, type ChannelId, hasCode } from '@perun-watcher/core'
import { mapConcurrently } from '@perun-watcher/core/internal'
import { channelUpdateTopic } from '../codec/v1-abi.ts'
import type { Address, EvmClient } from '../rpc/evm-client.ts'
import { type Header, invalidAnswer, parseBlock, toQuantity } from '../rpc/parse-rpc.ts'
import { rpcFailure } from '../rpc/rpc-failure.ts'
import { bloomTest } from './bloom.ts'
import { MissingBlock } from './missing-block.ts'
import { inBlock, parseLogs } from './parse-logs.ts'

/** Requests at a time where many blocks are read at once. */
export const readConcurrency = 8

/**
 * Reads blocks and logs. Everything rejects with `CHAIN_UNREACHABLE`, `RPC_REFUSED` or `CHAIN_DATA_INVALID`, and with
 * {@link MissingBlock} for a block that the endpoint does not know.
 */
export interface ChainReader {
  latest(options?: AbortOptions): Promise<Header>
  headerByHash(hash: BlockHash, options?: AbortOptions): Promise<Header>
  headerByNumber(number: bigint, options?: AbortOptions): Promise<Header>
  /** The adjudicator's logs in one block, by its hash: a reorg cannot mix the logs of two blocks. */
  logsOfBlock(header: Header, options?: AbortOptions): Promise<readonly AdjudicatorLog[]>
  /** The adjudicator's logs in final blocks `from` to `to`, both included. */
  logsOfRange(from: bigint, to: bigint, options?: RangeOptions): Promise<readonly AdjudicatorLog[]>
}

export interface RangeOptions extends AbortOptions {
  /** Only those of one channel. */
  readonly channelId?: ChannelId | undefined
}

export function chainReader(client: EvmClient, adjudicator: Address): ChainReader {
  const mayHoldLogs = bloomTest([adjudicator, channelUpdateTopic])
  const filter = { address: adjudicator, topics: [channelUpdateTopic] }

  async function header(method: string, which: string, options: AbortOptions | undefined): Promise<Header> {
    const answer = await client.request(method, [which, false], options)
    if (answer === null || answer === undefined) throw new MissingBlock(which)
    return parseBlock(answer)
  }

  async function headerByHash(hash: BlockHash, options?: AbortOptions): Promise<Header> {
    const found = await header('eth_getBlockByHash', hash, options)
    if (found.hash !== hash) throw invalidAnswer('block.hash', `the hash asked for, ${hash}`, found.hash)
    return found
  }

  async function queryBlock(block: Header, options: AbortOptions | undefined): Promise<readonly AdjudicatorLog[]> {
    const answer = await client
      .request('eth_getLogs', [{ ...filter, blockHash: block.hash }], options)
      .catch((error) => {
        // The answer to an unknown hash is an error, of a different code and wording for every node.
        const failure = hasCode(error, 'RPC_REFUSED') ? rpcFailure('eth_getLogs', error) : undefined
        throw failure === 'history' || failure === 'nonsense' ? new MissingBlock(block.hash, error) : error
      })
    return parseLogs(answer, adjudicator).map((log) => {
      if (log.blockHash !== block.hash || log.blockNumber !== block.number) {
        throw invalidAnswer('log.blockHash', `the block asked for, ${block.hash}`, log.blockHash)
      }
      return inBlock(log, block)
    })
  }

  return {
    latest: (options) => header('eth_getBlockByNumber', 'latest', options),
    headerByHash,

    async headerByNumber(number, options) {
      const found = await header('eth_getBlockByNumber', toQuantity(number), options)
      if (found.number !== number) throw invalidAnswer('block.number', `${number}`, found.number.toString())
      return found
    },

    async logsOfBlock(block, options) {
      const logs = await queryBlock(block, options)
      if (logs.length > 0 || block.logsBloom === undefined || !mayHoldLogs(block.logsBloom)) return logs
      // Some nodes answer an unknown hash with an empty list. Where the block itself says that there may be logs, believe
      // an empty list only from a node that knows the block.
      await headerByHash(block.hash, options)
      return queryBlock(block, options)
    },

    async logsOfRange(from, to, options = {}) {
      const { channelId } = options
      const topics = channelId === undefined ? filter.topics : [...filter.topics, channelId]
      const query = { ...filter, topics, fromBlock: toQuantity(from), toBlock: toQuantity(to) }
      const logs = parseLogs(await client.request('eth_getLogs', [query], options), adjudicator)
      const hashes = [...new Set(logs.map((log) => log.blockHash))]
      const headers = await mapConcurrently(hashes, readConcurrency, (hash) => headerByHash(hash, options))
      const byHash = new Map(headers.map((block) => [block.hash, block]))
      return logs.map((log) => {
        const block = byHash.get(log.blockHash)
        if (block?.number !== log.blockNumber || log.blockNumber < from || log.blockNumber > to) {
          throw invalidAnswer('log.blockNumber', `from ${from} to ${to}, that of its block`, log.blockNumber.toString())
        }
        if (channelId !== undefined && log.channelId !== channelId) {
          throw invalidAnswer('log.topics[1]', `the channel asked for, ${channelId}`, log.channelId)
        }
        return inBlock(log, block)
      })
    },
  }
}
