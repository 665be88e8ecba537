import { type AdjudicatorLog, type Block, type BlockHash, type Phase, parseChannelId } from '@perun-watcher/core'
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

function parseTopics(value: unknown): AdjudicatorLog['channelId'] {
  if (!Array.isArray(value) || value.length !== 2) throw invalidAnswer('log.topics', 'two topics', value)
  const [signature, id]: readonly unknown[] = value
  if (typeof signature !== 'string' || signature.toLowerCase() !== channelUpdateTopic) {
    throw invalidAnswer('log.topics[0]', 'the ChannelUpdate event that was asked for', signature)
  }
  return parseChannelId(id, 'log.topics[1]')
}

/**
 * One log out of an answer of `eth_getLogs`. Strict, since the contract cannot emit anything else: a log that is not
 * exactly as expected is a fault of the endpoint, and skipping it could hide a dispute.
 *
 * @throws WatcherError `CHAIN_DATA_INVALID`, or `STATE_MALFORMED` for the channel id.
 */
function parseLog(value: unknown, adjudicator: Address): RawLog {
  const fields = parseFields(value, 'log')
  const address = parseAddress(fields['address'], 'log.address')
  if (address !== adjudicator) throw invalidAnswer('log.address', `the adjudicator ${adjudicator}`, address)
  if (fields['removed'] === true) throw invalidAnswer('log.removed', 'false, as the log was asked for', true)
  const channelId = parseTopics(fields['topics'])
  const [version, phase, timeout] = parseWords(fields['data'])
  const logIndex = parseQuantity(fields['logIndex'], 'log.logIndex')
  if (logIndex > maxLogIndex) throw invalidAnswer('log.logIndex', 'the position in a block', logIndex.toString())
  return {
    channelId,
    version: parseUint64(version, 'log.data.version'),
    phase: parsePhase(phase),
    timeout: parseUint64(timeout, 'log.data.timeout'),
    transactionHash: parseRpcTransactionHash(fields['transactionHash'], 'log.transactionHash'),
    logIndex: Number(logIndex),
    blockNumber: parseQuantity(fields['blockNumber'], 'log.blockNumber'),
    blockHash: parseRpcBlockHash(fields['blockHash'], 'log.blockHash'),
  }
}

/** The log with its block, including the time. */
export function inBlock(log: RawLog, { number, hash, timestamp }: Block): AdjudicatorLog {
  const { blockNumber: _number, blockHash: _hash, ...rest } = log
  return { ...rest, block: { number, hash, timestamp } }
}

/**
 * A list of logs in the order of the chain.
 *
 * @throws WatcherError `CHAIN_DATA_INVALID` if a log is malformed or stands twice, or two blocks share a number.
 */
export function parseLogs(value: unknown, adjudicator: Address): readonly RawLog[] {
  if (!Array.isArray(value)) throw invalidAnswer('logs', 'a list', value)
  const logs = Array.from(value, (log: unknown) => parseLog(log, adjudicator))
  logs.sort((a, b) =>
    a.blockNumber === b.blockNumber ? a.logIndex - b.logIndex : a.blockNumber < b.blockNumber ? -1 : 1,
  )
  for (const [index, log] of logs.entries()) {
    const before = logs[index - 1]
    if (before === undefined || before.blockNumber !== log.blockNumber) continue
    if (before.logIndex === log.logIndex) throw invalidAnswer('logs', 'free of duplicates', log.transactionHash)
    if (before.blockHash !== log.blockHash) throw invalidAnswer('logs', 'of one block per number', log.blockHash)
  }
  return logs
}
