import { type Address, type Hex, isAddress, isHex } from 'viem'
import { DevnetError } from './errors.ts'

/**
 * A value out of a JSON document, with the path that led to it. Every reader checks what it returns and throws
 * `DATA_INVALID` with the path otherwise, so that nothing needs to be believed.
 */
export interface Json {
  readonly at: (key: string) => Json
  readonly has: (key: string) => boolean
  readonly keys: () => readonly string[]
  readonly items: () => readonly Json[]
  readonly item: (index: number) => Json
  readonly text: () => string
  readonly flag: () => boolean
  /** A JSON number that is a safe integer. */
  readonly number: () => number
  /** A natural number of any size, as a decimal string. */
  readonly bigint: () => bigint
  readonly hex: () => Hex
  readonly address: () => Address
  /** As it came out of the parser. */
  readonly raw: () => unknown
  /** Throws that the value is not what was expected, for checks of the reader's own. */
  readonly fail: (expected: string) => never
}

/** Parses a document; `name` is how errors call it. */
export function parseJson(text: string, name: string): Json {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new DevnetError('DATA_INVALID', `${name} is not JSON.`, { cause })
  }
  return json(value, name)
}

function json(value: unknown, path: string): Json {
  const fail = (expected: string): never => {
    throw new DevnetError('DATA_INVALID', `${path} is not ${expected}.`)
  }
  const text = (): string => (typeof value === 'string' ? value : fail('a string'))
  const list = (): readonly unknown[] => (Array.isArray(value) ? value : fail('a list'))
  const entries = (): ReadonlyMap<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? new Map(Object.entries(value))
      : fail('an object')
  return {
    at: (key) => json(entries().get(key), `${path}.${key}`),
    has: (key) => entries().has(key),
    keys: () => [...entries().keys()],
    items: () => list().map((item, index) => json(item, `${path}[${index}]`)),
    item: (index) => json(list()[index], `${path}[${index}]`),
    text,
    flag: () => (typeof value === 'boolean' ? value : fail('true or false')),
    number: () => (typeof value === 'number' && Number.isSafeInteger(value) ? value : fail('an integer')),
    bigint: () => (/^(0|[1-9]\d*)$/.test(text()) ? BigInt(text()) : fail('a decimal natural number')),
    hex: () => (isHex(value) && value.length % 2 === 0 ? value : fail('bytes in hexadecimal')),
    address: () => {
      const found = text()
      return isAddress(found) ? found : fail('an address')
    },
    raw: () => value,
    fail,
  }
}
