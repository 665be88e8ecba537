import {
  type Block,
  type BlockHash,
  type Bytes,
  type Hex,
  hasCode,
  parseBlockHash,
  parseBytes,
  parseTransactionHash,
  type TransactionHash,
  WatcherError,
} from '@perun-watcher/core'
import type { Address, RpcRefusal } from './evm-client.ts'

/** A block as the log stream and the fee rules need it. */
export interface Header extends Block {
  readonly parentHash: BlockHash
  /** In wei; `undefined` on a chain without EIP-1559. */
  readonly baseFeePerGas: bigint | undefined
  /** 2048 bits that summarise the logs of the block; `undefined` where the node does not tell. */
  readonly logsBloom: Bytes | undefined
}

const quantityPattern = /^0x[0-9a-fA-F]{1,64}$/
const addressPattern = /^0x[0-9a-fA-F]{40}$/

type Fields = Readonly<Record<string, unknown>>

function excerpt(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : typeof value
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}

/** The error for an answer of the RPC endpoint that cannot be. `CHAIN_DATA_INVALID`. */
export function invalidAnswer(what: string, expected: string, value: unknown): WatcherError {
  return new WatcherError('CHAIN_DATA_INVALID', `${what} must be ${expected}.`, { details: [`Got ${excerpt(value)}.`] })
}

function reword<T>(what: string, expected: string, value: unknown, parse: (value: unknown) => T): T {
  try {
    return parse(value)
  } catch {
    throw invalidAnswer(what, expected, value)
  }
}

/** An object of an answer. @throws WatcherError `CHAIN_DATA_INVALID` */
export function parseFields(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidAnswer(what, 'an object', value)
  }
  return value as Fields
}

/**
 * A JSON-RPC quantity, at most 256 bits. Leading zeros are tolerated: several nodes send them.
 *
 * @throws WatcherError `CHAIN_DATA_INVALID`
 */
export function parseQuantity(value: unknown, what: string): bigint {
  if (typeof value !== 'string' || !quantityPattern.test(value)) {
    throw invalidAnswer(what, 'a quantity in hexadecimal', value)
  }
  return BigInt(value)
}

/** A number as a JSON-RPC quantity: no leading zeros. */
export function toQuantity(n: bigint): Hex {
  if (n < 0n) throw new RangeError('a quantity is never negative')
  return `0x${n.toString(16)}`
}

/** Lower case, whatever the checksum says. @throws WatcherError `CHAIN_DATA_INVALID` */
export function parseAddress(value: unknown, path = 'address'): Address {
  if (typeof value !== 'string' || !addressPattern.test(value)) {
    throw invalidAnswer(path, 'an address (0x and 40 hexadecimal digits)', value)
  }
  return value.toLowerCase() as Address
}

/** Bytes such as the answer of `eth_call`. @throws WatcherError `CHAIN_DATA_INVALID` */
export function parseRpcBytes(value: unknown, what: string): Bytes {
  return reword(what, 'bytes in hexadecimal', value, (data) => parseBytes(data))
}

/** @throws WatcherError `CHAIN_DATA_INVALID` */
export function parseRpcBlockHash(value: unknown, what: string): BlockHash {
  return reword(what, '32 bytes in hexadecimal', value, (data) => parseBlockHash(data))
}

/** @throws WatcherError `CHAIN_DATA_INVALID` */
export function parseRpcTransactionHash(value: unknown, what: string): TransactionHash {
  return reword(what, '32 bytes in hexadecimal', value, (data) => parseTransactionHash(data))
}

const bloomPattern = /^0x[0-9a-fA-F]{512}$/

/** Only a hint: some chains and nodes leave it empty or short. */
function parseBloom(value: unknown): Bytes | undefined {
  return typeof value === 'string' && bloomPattern.test(value) ? parseBytes(value) : undefined
}

/**
 * The answer of `eth_getBlockBy…`, other than `null`. A pending block has no hash and is refused.
 *
 * @throws WatcherError `CHAIN_DATA_INVALID`
 */
export function parseBlock(value: unknown): Header {
  const fields = parseFields(value, 'block')
  const baseFee = fields['baseFeePerGas'] ?? undefined
  return {
    number: parseQuantity(fields['number'], 'block.number'),
    hash: parseRpcBlockHash(fields['hash'], 'block.hash'),
    parentHash: parseRpcBlockHash(fields['parentHash'], 'block.parentHash'),
    timestamp: parseQuantity(fields['timestamp'], 'block.timestamp'),
    baseFeePerGas: baseFee === undefined ? undefined : parseQuantity(baseFee, 'block.baseFeePerGas'),
    logsBloom: parseBloom(fields['logsBloom']),
  }
}

function isRefusal(value: unknown): value is RpcRefusal {
  if (typeof value !== 'object' || value === null) return false
  const { code, message } = value as Partial<Record<keyof RpcRefusal, unknown>>
  return (code === undefined || typeof code === 'number') && typeof message === 'string'
}

/** What the node said, where `error` is an `RPC_REFUSED` of an `EvmClient`; `undefined` for every other error. */
export function refusalOf(error: unknown): RpcRefusal | undefined {
  if (!hasCode(error, 'RPC_REFUSED') || !isRefusal(error.cause)) return undefined
  const { code, message, data } = error.cause
  return { code, message, data }
}
