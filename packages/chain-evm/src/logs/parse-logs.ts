import {
  type AdjudicatorLog,
  type Block,
  type BlockHash,
  type ChannelId,
  type Phase,
  parseChannelId,
} from '@perun-watcher/core'
import { phaseFromNumber } from '../codec/phase.ts'
import { channelUpdateTopic } from '../codec/v1-abi.ts'
import type { Address } from '../rpc/evm-client.ts'
import {
  invalidAnswer,
  parseAddress,
  parseFields,
  parseQuantity,
  parseRpcBlockHash,
  parseRpcBytes,
  parseRpcTransactionHash,
} from '../rpc/parse-rpc.ts'

/** A log whose block is known by number and hash only: logs do not carry the time. */
export interface RawLog extends Omit<AdjudicatorLog, 'block'> {
  readonly blockNumber: bigint
  readonly blockHash: BlockHash
}

const wordDigits = 64
const maxUint64 = 2n ** 64n - 1n
const maxLogIndex = 2n ** 32n

function parsePhase(value: bigint): Phase {
  const phase = phaseFromNumber(Number(value))
  if (phase === undefined) throw invalidAnswer('log.data', 'of a known phase', value.toString())
  return phase
}

function parseWords(value: unknown): readonly [bigint, bigint, bigint] {
  const data = parseRpcBytes(value, 'log.data')
  if (data.length !== 2 + 3 * wordDigits) throw invalidAnswer('log.data', '96 bytes long', value)
  const word = (index: number): bigint =>
    BigInt(`0x${data.slice(2 + index * wordDigits, 2 + (index + 1) * wordDigits)}`)
  return [word(0), word(1), word(2)]
}

function parseUint64(value: bigint, what: string): bigint {
  if (value > maxUint64) throw invalidAnswer(what, 'within uint64', value.toString())
  return value
}

/** A log with what could be read of it; without an index where the node gave none. */
type Unplaced = Omit<RawLog, 'logIndex'> & { readonly logIndex: number | undefined }

/**
 * What became of one item of an answer:
 * - `log`: it is as it should be.
 * - `doubtful`: a log of this channel, but odd; whether and what it says is for the record to tell.
 * - `unreadable`: it may be a log of the adjudicator, and nobody knows of which channel.
 * - `foreign`: certainly not what was asked for.
 */
type Item =
  | { readonly type: 'log'; readonly log: Unplaced }
  | { readonly type: 'doubtful'; readonly channelId: ChannelId }
  | { readonly type: 'unreadable' }
  | { readonly type: 'foreign' }

function parseIndex(value: unknown): number | undefined {
  // Nodes give none to a log that they have not placed yet; within its block it is one like any other.
  if (value === null || value === undefined) return undefined
  const logIndex = parseQuantity(value, 'log.logIndex')
  if (logIndex > maxLogIndex) throw invalidAnswer('log.logIndex', 'the position in a block', logIndex.toString())
  return Number(logIndex)
}

function parseBody(fields: Readonly<Record<string, unknown>>, channelId: ChannelId): Unplaced {
  const [version, phase, timeout] = parseWords(fields['data'])
  return {
    channelId,
    version: parseUint64(version, 'log.data.version'),
    phase: parsePhase(phase),
    timeout: parseUint64(timeout, 'log.data.timeout'),
    transactionHash: parseRpcTransactionHash(fields['transactionHash'], 'log.transactionHash'),
    logIndex: parseIndex(fields['logIndex']),
    blockNumber: parseQuantity(fields['blockNumber'], 'log.blockNumber'),
    blockHash: parseRpcBlockHash(fields['blockHash'], 'log.blockHash'),
  }
}

function parseItem(value: unknown, adjudicator: Address): Item {
  try {
    const fields = parseFields(value, 'log')
    if (parseAddress(fields['address'], 'log.address') !== adjudicator) return { type: 'foreign' }
    const topics: readonly unknown[] = Array.isArray(fields['topics']) ? fields['topics'] : []
    const [signature, id] = topics
    if (typeof signature === 'string' && signature.toLowerCase() !== channelUpdateTopic) return { type: 'foreign' }
    return parseOwn(fields, topics, parseChannelId(id, 'log.topics[1]'))
  } catch {
    return { type: 'unreadable' }
  }
}

function parseOwn(fields: Readonly<Record<string, unknown>>, topics: readonly unknown[], channelId: ChannelId): Item {
  if (fields['removed'] === true || topics.length !== 2) return { type: 'doubtful', channelId }
  try {
    return { type: 'log', log: parseBody(fields, channelId) }
  } catch {
    return { type: 'doubtful', channelId }
  }
}

/** The log with its block, including the time. */
export function inBlock(log: RawLog, { number, hash, timestamp }: Block): AdjudicatorLog {
  const { blockNumber: _number, blockHash: _hash, ...rest } = log
  return { ...rest, block: { number, hash, timestamp } }
}

/** What an answer of `eth_getLogs` says. */
export interface ParsedLogs {
  /** In the order of the chain, each once. */
  readonly logs: readonly RawLog[]
  /** Channels of odd logs: only their records can tell. */
  readonly doubtful: readonly ChannelId[]
  /** `false`: there is something that may concern any channel. */
  readonly isComplete: boolean
}

function inOrder(a: Unplaced, b: Unplaced): number {
  if (a.blockNumber !== b.blockNumber) return a.blockNumber < b.blockNumber ? -1 : 1
  return (a.logIndex ?? Number.POSITIVE_INFINITY) - (b.logIndex ?? Number.POSITIVE_INFINITY) || 0
}

/** What makes two logs the same, but for the position that a node gives them. */
function contentOf({ blockHash, channelId, version, phase, timeout, transactionHash }: Unplaced): string {
  return [blockHash, channelId, version, phase, timeout, transactionHash].join(' ')
}

/** Leaves out what stands twice, and gives a position to what has none. Two logs at one position keep it. */
function placed(found: readonly Unplaced[]): {
  readonly logs: readonly RawLog[]
  readonly clashes: readonly ChannelId[]
} {
  const logs: RawLog[] = []
  const clashes: ChannelId[] = []
  const seen = new Set<string>()
  for (const log of found.toSorted(inOrder)) {
    const before = logs.at(-1)
    const isSameBlock = before?.blockHash === log.blockHash
    const logIndex = log.logIndex ?? (isSameBlock ? before.logIndex + 1 : 0)
    const key = `${log.logIndex ?? ''} ${contentOf(log)}`
    if (seen.has(key)) continue
    seen.add(key)
    if (isSameBlock && before.logIndex === logIndex) clashes.push(before.channelId, log.channelId)
    logs.push({ ...log, logIndex })
  }
  return { logs, clashes }
}

/**
 * The logs of an answer. Only hints, as the contract's records decide: one that is odd must not hide the others, and none is
 * passed over. Whose channel can be read is `doubtful`, what else may be a log makes the answer incomplete.
 *
 * @throws WatcherError `CHAIN_DATA_INVALID` where the answer is no list.
 */
export function parseLogs(value: unknown, adjudicator: Address): ParsedLogs {
  if (!Array.isArray(value)) throw invalidAnswer('logs', 'a list', value)
  const items = Array.from(value, (item: unknown) => parseItem(item, adjudicator))
  const { logs, clashes } = placed(items.flatMap((item) => (item.type === 'log' ? [item.log] : [])))
  const doubtful = items.flatMap((item) => (item.type === 'doubtful' ? [item.channelId] : []))
  return {
    logs,
    doubtful: [...new Set([...doubtful, ...clashes])],
    isComplete: items.every(({ type }) => type !== 'unreadable'),
  }
}
