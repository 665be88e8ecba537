import { malformed } from './parse-hex.ts'

/** Longest list and longest app data that a state may carry: the limits of go-perun, and what fits into a transaction. */
export const limits = { listLength: 1024, appDataBytes: 65_536, addressBytes: 1024 } as const

const maxUint64 = 2n ** 64n - 1n
const maxUint256 = 2n ** 256n - 1n

export type Fields = Readonly<Record<string, unknown>>

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function parseFields(value: unknown, path: string): Fields {
  if (!isFields(value)) throw malformed(path, 'an object', value)
  return value
}

export function parseList<T>(
  value: unknown,
  path: string,
  parseItem: (item: unknown, path: string) => T,
): readonly T[] {
  if (!Array.isArray(value)) throw malformed(path, 'a list', value)
  if (value.length > limits.listLength) throw malformed(`${path}.length`, `at most ${limits.listLength}`, value.length)
  // A loop: a state has seven lists, and the ways that go by an iterator take as long as all else together. Of its length
  // from the beginning: a list that grows takes room for seventeen.
  const items = new Array<T>(value.length)
  for (let index = 0; index < value.length; index++) items[index] = parseItem(value[index], `${path}[${index}]`)
  return items
}

function parseUint(value: unknown, path: string, max: bigint, name: string): bigint {
  if (typeof value !== 'bigint' || value < 0n || value > max) throw malformed(path, `a bigint within ${name}`, value)
  return value
}

export const parseUint64 = (value: unknown, path: string): bigint => parseUint(value, path, maxUint64, 'uint64')

export const parseUint256 = (value: unknown, path: string): bigint => parseUint(value, path, maxUint256, 'uint256')

export function parseBoolean(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw malformed(path, 'true or false', value)
  return value
}
