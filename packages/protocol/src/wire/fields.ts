import { type Hex, WatcherError } from '@perun-watcher/core'
import { wireLimits } from './limits.ts'

const uint256Bytes = 32

/** A field of a state, of parameters or of an event. */
function malformed(path: string, expected: string): WatcherError {
  return new WatcherError('STATE_MALFORMED', `${path} must be ${expected}.`)
}

export function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`
}

/** Empty bytes stand for a value that is not there. */
export function optionalHexOf(bytes: Uint8Array): Hex | undefined {
  return bytes.length === 0 ? undefined : hexOf(bytes)
}

/** @throws WatcherError `STATE_MALFORMED` */
export function bytesOf(hex: Hex, path: string): Uint8Array {
  const bytes = Buffer.from(hex.slice(2), 'hex')
  // Buffer stops at the first digit that is none.
  if (bytes.length * 2 !== hex.length - 2) throw malformed(path, 'bytes in hexadecimal')
  return bytes
}

/** The form is unique, so that equal messages have equal bytes. @throws WatcherError `STATE_MALFORMED` */
export function uint256Of(bytes: Uint8Array, path: string): bigint {
  if (bytes.length > uint256Bytes) throw malformed(path, `at most ${uint256Bytes} bytes long`)
  if (bytes.length === 0) return 0n
  if (bytes[0] === 0) throw malformed(path, 'without leading zero bytes')
  return BigInt(hexOf(bytes))
}

/** @throws WatcherError `STATE_MALFORMED` */
export function uint256ToBytes(value: bigint, path: string): Uint8Array {
  if (value === 0n) return new Uint8Array()
  const digits = value.toString(16)
  if (value < 0n || digits.length > uint256Bytes * 2) throw malformed(path, 'within uint256')
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')
}

export function listOf<From, To>(
  list: readonly From[],
  path: string,
  item: (from: From, path: string) => To,
): readonly To[] {
  if (list.length > wireLimits.listLength) throw malformed(path, `a list of at most ${wireLimits.listLength}`)
  return list.map((each, index) => item(each, `${path}[${index}]`))
}

/** A part of a message that must be there. */
export function present<T>(part: T | undefined, path: string): T {
  if (part === undefined) throw malformed(path, 'present')
  return part
}
