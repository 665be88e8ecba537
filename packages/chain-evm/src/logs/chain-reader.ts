import { type AbortOptions, type AdjudicatorLog, type BlockHash, type ChannelId, hasCode } from '@perun-watcher/core'
import { mapConcurrently } from '@perun-watcher/core/internal'
import { channelUpdateTopic } from '../codec/v1-abi.ts'
import type { Address, EvmClient, RequestOptions } from '../rpc/evm-client.ts'
import { type Header, invalidAnswer, parseBlock, toQuantity } from '../rpc/parse-rpc.ts'
import { rpcFailure } from '../rpc/rpc-failure.ts'
import { bloomTest } from './bloom.ts'
import { MissingBlock } from './missing-block.ts'
import { inBlock, type ParsedLogs, parseLogs } from './parse-logs.ts'

/** Requests at a time where many blocks are read at once. */
export const readConcurrency = 8

/** So often in a row an answer is refused that has something odd in it: mostly the next one is right. */
const oddAnswersRefused = 2

/** Questions with odd answers that are remembered; more than are under way. */
const mostOddQuestions = 256

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

/** An answer about blocks that are known. */
interface Answer {
  readonly found: FoundLogs
  /** It contains what should not be there. */
  readonly isOdd: boolean
}

/** Puts each log into its block. Those of blocks that were not asked for are doubtful. */
function placeInBlocks(
  { logs, doubtful, isComplete, hasForeign }: ParsedLogs,
  blocks: ReadonlyMap<BlockHash, Header>,
): Answer {
  const astray = logs.filter(({ blockHash, blockNumber }) => blocks.get(blockHash)?.number !== blockNumber)
  const found = logs.flatMap((log) => {
    const block = blocks.get(log.blockHash)
    return block?.number === log.blockNumber ? [inBlock(log, block)] : []
  })
  const channels = new Set([...doubtful, ...astray.map(({ channelId }) => channelId)])
  return {
    found: { logs: found, doubtful: [...channels], isComplete },
    isOdd: !isComplete || hasForeign || doubtful.length > 0 || astray.length > 0,
  }
}

export function chainReader(client: EvmClient, adjudicator: Address): ChainReader {
  const bloomMayHold = bloomTest([adjudicator, channelUpdateTopic])
  const filter = { address: adjudicator, topics: [channelUpdateTopic] }
  const oddAnswers = new Map<string, number>()

  /** Takes an odd answer only once it has come again and again. @throws WatcherError `CHAIN_DATA_INVALID` */
  function tolerated(question: string, { found, isOdd }: Answer): FoundLogs {
    const times = (oddAnswers.get(question) ?? 0) + 1
    oddAnswers.delete(question)
    if (!isOdd || times > oddAnswersRefused) return found
    oddAnswers.set(question, times)
    const [oldest] = oddAnswers.keys()
    if (oddAnswers.size > mostOddQuestions && oldest !== undefined) oddAnswers.delete(oldest)
    throw invalidAnswer(
      'logs',
      'those that were asked for, each once and complete',
      `${found.doubtful.length} odd ones`,
    )
  }

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

  /** An odd answer is asked for again elsewhere. */
  async function query(question: string, which: object, options: RequestOptions = {}): Promise<ParsedLogs> {
    const { signal, secondOpinion = oddAnswers.has(question) } = options
    return parseLogs(
      await client.request('eth_getLogs', [{ ...filter, ...which }], { signal, secondOpinion }),
      adjudicator,
    )
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
      const parsed = await query(block.hash, { blockHash: block.hash }, options).catch((error) => {
        // The answer to an unknown hash is an error, of a different code and wording for every node.
        const failure = hasCode(error, 'RPC_REFUSED') ? rpcFailure('eth_getLogs', error) : undefined
        throw failure === 'history' || failure === 'nonsense' ? new MissingBlock(block.hash, error) : error
      })
      return tolerated(block.hash, placeInBlocks(parsed, new Map([[block.hash, block]])))
    },

    async logsOfRange(from, to, { channelId, ...options } = {}) {
      const question = `${from} ${channelId ?? ''}`
      const topics = channelId === undefined ? {} : { topics: [...filter.topics, channelId] }
      const parsed = await query(question, { ...topics, ...rangeOf(from, to) }, options)
      const ours = parsed.logs.filter((log) => channelId === undefined || log.channelId === channelId)
      const inside = ours.filter(({ blockNumber }) => blockNumber >= from && blockNumber <= to)
      const hashes = [...new Set(inside.map((log) => log.blockHash))]
      const headers = await mapConcurrently(hashes, readConcurrency, (hash) => headerByHash(hash, options))
      // Two blocks of one number: the chain changed while the node looked.
      const isMixed = new Set(headers.map(({ number }) => number)).size < headers.length
      const answer = placeInBlocks({ ...parsed, logs: ours }, new Map(headers.map((block) => [block.hash, block])))
      return tolerated(question, { ...answer, isOdd: answer.isOdd || isMixed || ours.length < parsed.logs.length })
    },

    async logsOfBranch(headers, options) {
      const [first] = headers
      const last = headers.at(-1)
      if (first === undefined || last === undefined) return { logs: [], doubtful: [], isComplete: true }
      const question = `${first.hash} ${last.hash}`
      const parsed = await query(question, rangeOf(first.number, last.number), options)
      return tolerated(question, placeInBlocks(parsed, new Map(headers.map((block) => [block.hash, block]))))
    },

    mayHoldLogs: ({ logsBloom }) => (logsBloom === undefined ? undefined : bloomMayHold(logsBloom)),
  }
}
