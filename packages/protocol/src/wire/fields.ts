import { type Hex, WatcherError } from '@perun-watcher/core'
import { wireLimits } from './wire-limits.ts'

const uint256Bytes = 32

/** A field of a state, of parameters or of an event. */
function malformed(path: string, expected: string, index?: number): WatcherError {
  const place = index === undefined ? path : `${path}[${index}]`
  return new WatcherError('STATE_MALFORMED', `${place} must be ${expected}.`)
}

/** Empty bytes stand for an absent value. */
export function optionalHex(hex: Hex): Hex | undefined {
  return hex === '0x' ? undefined : hex
}

/** @throws WatcherError `STATE_MALFORMED` */
export function bytesOf(hex: Hex, path: string): Uint8Array {
  const bytes = Buffer.from(hex.slice(2), 'hex')
  // Buffer silently stops at the first character that is no hexadecimal digit.
  if (bytes.length * 2 !== hex.length - 2) throw malformed(path, 'bytes in hexadecimal')
  return bytes
}

/** As {@link bytesOf}, but in memory of their own: bytes that are kept must not keep Buffer's shared pool alive. */
export const keptBytesOf = (hex: Hex, path: string): Uint8Array => new Uint8Array(bytesOf(hex, path))

/**
 * The encoding is unique, so that equal messages have equal bytes.
 *
 * @param index in the list at `path`, if it is an entry of one.
 * @throws WatcherError `STATE_MALFORMED`
 */
export function uint256Of(hex: Hex, path: string, index?: number): bigint {
  if (hex.length > 2 + uint256Bytes * 2) throw malformed(path, `at most ${uint256Bytes} bytes long`, index)
  if (hex.startsWith('00', 2)) throw malformed(path, 'without leading zero bytes', index)
  return hex === '0x' ? 0n : BigInt(hex)
}

/** @throws WatcherError `STATE_MALFORMED` */
export function uint256ToBytes(value: bigint, path: string): Uint8Array {
  if (value === 0n) return new Uint8Array()
  const digits = value.toString(16)
  if (value < 0n || digits.length > uint256Bytes * 2) throw malformed(path, 'within uint256')
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')
}

/** @throws WatcherError `STATE_MALFORMED` */
export function listOf<Item>(list: readonly Item[], path: string): readonly Item[] {
  if (list.length > wireLimits.listLength) throw malformed(path, `a list of at most ${wireLimits.listLength}`)
  return list
}

/** @throws WatcherError `STATE_MALFORMED` */
export function uint256sOf(list: readonly Hex[], path: string): readonly bigint[] {
  return listOf(list, path).map((hex, index) => uint256Of(hex, path, index))
}

/** A required part of a message. */
export function present<T>(part: T | undefined, path: string): T {
  if (part === undefined) throw malformed(path, 'present')
  return part
}
