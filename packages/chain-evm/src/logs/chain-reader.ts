import { type AbortOptions, type AdjudicatorLog, type BlockHash, type ChannelId, hasCode } from '@perun-watcher/core'
import { mapConcurrently, withScope } from '@perun-watcher/core/internal'
import { channelUpdateTopic } from '../codec/v1-abi.ts'
import type { Address, EvmClient, RequestOptions } from '../rpc/evm-client.ts'
import { type Header, invalidAnswer, parseBlock, toQuantity } from '../rpc/parse-rpc.ts'
import { rpcFailure } from '../rpc/rpc-failure.ts'
import { bloomTest } from './bloom.ts'
import { MissingBlock } from './missing-block.ts'
import { inBlock, type ParsedLogs, parseLogs } from './parse-logs.ts'

/** Requests at a time where many blocks are read at once. */
export const readConcurrency = 8

/** The adjudicator's logs, and what of an answer could not be taken for one. */
export interface FoundLogs {
  /** In the order of the chain, each once. */
  readonly logs: readonly AdjudicatorLog[]
  /** Channels of odd logs: their records must be read. */
  readonly doubtful: readonly ChannelId[]
  /** `false`: something may concern any channel. */
  readonly isComplete: boolean
}

/**
 * Reads blocks and logs. Everything rejects with `CHAIN_UNREACHABLE`, `RPC_REFUSED` or `CHAIN_DATA_INVALID`, and with
 * {@link MissingBlock} for a block that the endpoint does not know.
 */
export interface ChainReader {
  latest(options?: AbortOptions): Promise<Header>
  headerByHash(hash: BlockHash, options?: AbortOptions): Promise<Header>
  headerByNumber(number: bigint, options?: AbortOptions): Promise<Header>
  /** The adjudicator's logs in one block, by its hash: a reorg cannot mix the logs of two blocks. */
  logsOfBlock(header: Header, options?: RequestOptions): Promise<FoundLogs>
  /** The adjudicator's logs in blocks `from` to `to`, both included, of whatever chain the endpoint has at the moment. */
  logsOfRange(from: bigint, to: bigint, options?: RangeOptions): Promise<FoundLogs>
  /** The same in blocks that are known already, each the parent of the next. Logs of other blocks are left out. */
  logsOfBranch(headers: readonly Header[], options?: RequestOptions): Promise<FoundLogs>
  /** Whether a block says that it may have logs of the adjudicator; `undefined` where it does not say. */
  mayHoldLogs(header: Header): boolean | undefined
}

export interface RangeOptions extends RequestOptions {
  /** Only those of one channel. */
  readonly channelId?: ChannelId | undefined
}

/** What several answers found, in their order. */
export function joinLogs(found: readonly FoundLogs[]): FoundLogs {
  return {
    logs: found.flatMap(({ logs }) => logs),
    doubtful: found.flatMap(({ doubtful }) => doubtful),
    isComplete: found.every(({ isComplete }) => isComplete),
  }
}

/** Puts each log into its block. Those of blocks that were not asked for are doubtful. */
function placeInBlocks({ logs, doubtful, isComplete }: ParsedLogs, blocks: ReadonlyMap<BlockHash, Header>): FoundLogs {
  const found: AdjudicatorLog[] = []
  const channels = new Set(doubtful)
  for (const log of logs) {
    const block = blocks.get(log.blockHash)
    if (block?.number === log.blockNumber) found.push(inBlock(log, block))
    else channels.add(log.channelId)
  }
  return { logs: found, doubtful: [...channels], isComplete }
}

export function chainReader(client: EvmClient, adjudicator: Address): ChainReader {
  const bloomMayHold = bloomTest([adjudicator, channelUpdateTopic])
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

  async function query(which: object, { signal, secondOpinion }: RequestOptions = {}): Promise<ParsedLogs> {
    const filtered = { ...filter, ...which }
    return parseLogs(await client.request('eth_getLogs', [filtered], { signal, secondOpinion }), adjudicator)
  }

  const rangeOf = (from: bigint, to: bigint): object => ({ fromBlock: toQuantity(from), toBlock: toQuantity(to) })

  return {
    latest: (options) => header('eth_getBlockByNumber', 'latest', options),
    headerByHash,

    async headerByNumber(number, options) {
      const found = await header('eth_getBlockByNumber', toQuantity(number), options)
      if (found.number !== number) throw invalidAnswer('block.number', `${number}`, found.number.toString())
      return found
    },

    async logsOfBlock(block, options) {
      const parsed = await query({ blockHash: block.hash }, options).catch((error) => {
        // The answer to an unknown hash is an error, of a different code and wording for every node.
        const failure = hasCode(error, 'RPC_REFUSED') ? rpcFailure('eth_getLogs', error) : undefined
        throw failure === 'history' || failure === 'nonsense' ? new MissingBlock(block.hash, error) : error
      })
      return placeInBlocks(parsed, new Map([[block.hash, block]]))
    },

    async logsOfRange(from, to, { channelId, ...options } = {}) {
      const topics = channelId === undefined ? {} : { topics: [...filter.topics, channelId] }
      const parsed = await query({ ...topics, ...rangeOf(from, to) }, options)
      const logs = parsed.logs.filter((log) => channelId === undefined || log.channelId === channelId)
      const inside = logs.filter(({ blockNumber }) => blockNumber >= from && blockNumber <= to)
      const hashes = [...new Set(inside.map((log) => log.blockHash))]
      // In a scope of its own: several ranges may be read at a time.
      const headers = await withScope(options.signal, ({ signal }) =>
        mapConcurrently(hashes, readConcurrency, (hash) => headerByHash(hash, { signal })),
      )
      return placeInBlocks({ ...parsed, logs }, new Map(headers.map((block) => [block.hash, block])))
    },

    async logsOfBranch(headers, options) {
      const [first] = headers
      const last = headers.at(-1)
      if (first === undefined || last === undefined) return { logs: [], doubtful: [], isComplete: true }
      const parsed = await query(rangeOf(first.number, last.number), options)
      return placeInBlocks(parsed, new Map(headers.map((block) => [block.hash, block])))
    },

    mayHoldLogs: ({ logsBloom }) => (logsBloom === undefined ? undefined : bloomMayHold(logsBloom)),
  }
}
