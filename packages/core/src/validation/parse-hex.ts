import { WatcherError } from '../errors/watcher-error.ts'
import type { BlockHash, Bytes, ChannelId, Signature, StateHash, TransactionHash } from '../model/brand.ts'

const hexPattern = /^0x(?:[0-9a-fA-F]{2})*$/

/** A value for an error message: never longer than a line. */
function excerpt(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : describe(value)
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}

/** Never calls code of the value itself, which may throw. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}

export function malformed(path: string, expected: string, value: unknown): WatcherError {
  return new WatcherError('STATE_MALFORMED', `${path} must be ${expected}.`, { details: [`Got ${excerpt(value)}.`] })
}

function parseHexText(value: unknown, path: string, expected: string): string {
  if (typeof value !== 'string' || !hexPattern.test(value)) throw malformed(path, expected, value)
  return value.toLowerCase()
}

function parseHash(value: unknown, path: string): string {
  const expected = '32 bytes in hexadecimal (0x and 64 digits)'
  const text = parseHexText(value, path, expected)
  if (text.length !== 66) throw malformed(path, expected, value)
  return text
}

/** @throws WatcherError `STATE_MALFORMED` */
export function parseBytes(value: unknown, path = 'bytes'): Bytes {
  return parseHexText(value, path, 'bytes in hexadecimal (0x and an even number of digits)') as Bytes
}

/** @throws WatcherError `STATE_MALFORMED` */
export function parseChannelId(value: unknown, path = 'channel id'): ChannelId {
  return parseHash(value, path) as ChannelId
}

/** @throws WatcherError `STATE_MALFORMED` */
export function parseStateHash(value: unknown, path = 'state hash'): StateHash {
  return parseHash(value, path) as StateHash
}

/** @throws WatcherError `STATE_MALFORMED` */
export function parseBlockHash(value: unknown, path = 'block hash'): BlockHash {
  return parseHash(value, path) as BlockHash
}

/** @throws WatcherError `STATE_MALFORMED` */
export function parseTransactionHash(value: unknown, path = 'transaction hash'): TransactionHash {
  return parseHash(value, path) as TransactionHash
}

/** Only the form: whether it is the right participant's is for the chain backend. @throws WatcherError `STATE_MALFORMED` */
export function parseSignature(value: unknown, path = 'signature'): Signature {
  return parseHexText(value, path, 'a signature in hexadecimal (0x and an even number of digits)') as Signature
}
