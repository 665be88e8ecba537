import { parseBytes, parseChannelId, WatcherError } from '@perun-watcher/core'

/**
 * Readers of values in the form in which client libraries hold contract data: named fields of objects (also of ethers'
 * `Result`, which is an array with names), integers as `bigint`, safe `number` or decimal text. Each throws a
 * WatcherError `STATE_MALFORMED` that names the path.
 */

const decimalPattern = /^(?:0|[1-9][0-9]{0,77})$/

export function malformed(path: string, expected: string, value: unknown): WatcherError {
  const text = typeof value === 'string' ? JSON.stringify(value) : typeof value === 'object' ? 'object' : String(value)
  const excerpt = text.length > 80 ? `${text.slice(0, 77)}…` : text
  return new WatcherError('STATE_MALFORMED', `${path} must be ${expected}.`, { details: [`Got ${excerpt}.`] })
}

/** The named field of an object. */
export function field(value: unknown, path: string, name: string): unknown {
  if (typeof value !== 'object' || value === null) throw malformed(path, 'an object', value)
  return Reflect.get(value, name)
}

/** A list, item by item. Its length is bounded later, by core. */
export function list<T>(value: unknown, path: string, item: (value: unknown, path: string) => T): readonly T[] {
  if (!Array.isArray(value)) throw malformed(path, 'a list', value)
  return Array.from(value, (entry: unknown, index) => item(entry, `${path}[${index}]`))
}

export function uint(value: unknown, path: string, bits: number): bigint {
  const parsed = toBigint(value)
  if (parsed === undefined || parsed < 0n || parsed >> BigInt(bits) !== 0n) {
    throw malformed(path, `a uint${bits} as bigint, safe number or decimal text`, value)
  }
  return parsed
}

export const uint256 = (value: unknown, path: string): bigint => uint(value, path, 256)

export const uint16 = (value: unknown, path: string): number => Number(uint(value, path, 16))

/** 20 bytes. */
export function address(value: unknown, path: string): string {
  const bytes = parseBytes(value, path)
  if (bytes.length !== 42) throw malformed(path, 'an address of 20 bytes', value)
  return bytes
}

export const bytes = (value: unknown, path: string): string => parseBytes(value, path)

export const channelId = (value: unknown, path: string): string => parseChannelId(value, path)

function toBigint(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined
  return typeof value === 'string' && decimalPattern.test(value) ? BigInt(value) : undefined
}
