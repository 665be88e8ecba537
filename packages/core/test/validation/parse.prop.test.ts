import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  hasCode,
  parseBlockHash,
  parseBytes,
  parseChannelId,
  parseParams,
  parseSignature,
  parseSignedState,
  parseState,
  parseStateHash,
  parseTransaction,
  parseTransactionHash,
} from '../../src/index.ts'
import { testChannel } from '../../src/testing/index.ts'

type Parse = (value: unknown) => unknown

const parsers: Readonly<Record<string, Parse>> = {
  parseBlockHash: (value) => parseBlockHash(value),
  parseBytes: (value) => parseBytes(value),
  parseChannelId: (value) => parseChannelId(value),
  parseParams: (value) => parseParams(value),
  parseSignature: (value) => parseSignature(value),
  parseSignedState,
  parseState: (value) => parseState(value),
  parseStateHash: (value) => parseStateHash(value),
  parseTransaction,
  parseTransactionHash: (value) => parseTransactionHash(value),
}

/** Anything that a program can hold, far from and near to what is asked for. */
const anything = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSparseArray: true,
    withTypedArray: true,
  }),
  fc.constantFrom(Symbol('s'), () => 0, new Proxy({}, {}), Number.NaN, -0, new Error('x')),
  fc.stringMatching(/^0x[0-9a-fA-F]{0,70}$/),
  fc.string(),
)

function parsedOrMalformed(parse: Parse, value: unknown): unknown {
  try {
    return parse(value)
  } catch (error) {
    expect(error).toSatisfy((thrown) => hasCode(thrown, 'STATE_MALFORMED'))
    return undefined
  }
}

const child = testChannel({ kind: 'sub', funds: 10n })
const valid = testChannel({ hasApp: true }).signed(3n, { locks: [child] })

type Path = readonly (string | number)[]

/** Where every value of an object tree is. */
function pathsOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, part]) => pathsOf(part, [...path, key]))]
}

function withValueAt(tree: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value
  if (Array.isArray(tree)) return tree.map((part, at) => (String(at) === key ? withValueAt(part, rest, value) : part))
  if (typeof tree !== 'object' || tree === null) return tree
  return Object.fromEntries(
    Object.entries(tree).map(([name, part]) => [name, name === key ? withValueAt(part, rest, value) : part]),
  )
}

function withoutPath(tree: unknown, path: Path): unknown {
  const key = path.at(-1)
  if (key === undefined || typeof tree !== 'object' || tree === null) return undefined
  const copy: unknown = structuredClone(tree)
  const parent = path.slice(0, -1).reduce<unknown>((at, name) => Reflect.get(Object(at), name), copy)
  Reflect.deleteProperty(Object(parent), key)
  return copy
}

describe('the parse functions', () => {
  it('throw nothing but STATE_MALFORMED, whatever they are given', () => {
    fc.assert(
      fc.property(anything, (value) => {
        for (const parse of Object.values(parsers)) parsedOrMalformed(parse, value)
      }),
      { numRuns: 500 },
    )
  })

  it('throw nothing but STATE_MALFORMED for a valid state with one thing changed or missing', () => {
    const paths = pathsOf(valid)
    fc.assert(
      fc.property(fc.constantFrom(...paths), anything, fc.boolean(), (path, value, isMissing) => {
        parsedOrMalformed(parseSignedState, isMissing ? withoutPath(valid, path) : withValueAt(valid, path, value))
      }),
      { numRuns: 1000 },
    )
  })

  it('refuse a valid state in which any single value has the wrong kind or is missing', () => {
    // An absent app is a plain payment channel; list items that are cut out leave a shorter list.
    const paths = pathsOf(valid).filter((path) => path.length > 0 && path.at(-1) !== 'app')
    for (const path of paths) {
      expect(() => parseSignedState(withValueAt(valid, path, Symbol('wrong'))), path.join('.')).toThrow(
        'STATE_MALFORMED',
      )
      expect(() => parseSignedState(withValueAt(valid, path, undefined)), path.join('.')).toThrow('STATE_MALFORMED')
    }
  })

  it('name the field', () => {
    const broken = withValueAt(valid, ['state', 'outcome', 'balances', '0', '1'], -1n)
    expect(() => parseSignedState(broken)).toThrow('state.outcome.balances[0][1] must be a bigint within uint256')
  })

  it('return an equal deep copy and leave the input alone', () => {
    const input = structuredClone(valid)
    const parsed = parseSignedState(input)
    expect(parsed).toEqual(valid)
    expect(input).toEqual(valid)
    for (const path of pathsOf(valid)) {
      const of = (tree: unknown): unknown => path.reduce<unknown>((at, key) => Reflect.get(Object(at), key), tree)
      if (typeof of(valid) === 'object') expect(of(parsed)).not.toBe(of(input))
    }
  })

  it('never change what they are given', () => {
    fc.assert(
      fc.property(fc.constantFrom(...pathsOf(valid)), fc.anything({ withBigInt: true }), (path, value) => {
        const input = withValueAt(valid, path, value)
        const before = structuredClone(input)
        parsedOrMalformed(parseSignedState, input)
        expect(input).toEqual(before)
      }),
      { numRuns: 300 },
    )
  })

  it('take the same result again', () => {
    expect(parseSignedState(parseSignedState(valid))).toEqual(valid)
  })

  it('drop what they do not know', () => {
    expect(parseSignedState({ ...valid, extra: 1, state: { ...valid.state, more: 2 } })).toEqual(valid)
  })

  it('make hexadecimal text lower case', () => {
    expect(parseBytes('0xABcd')).toBe('0xabcd')
    expect(parseChannelId(`0x${'AB'.repeat(32)}`)).toBe(`0x${'ab'.repeat(32)}`)
  })

  it('take only whole bytes with a prefix, and hashes of 32 bytes', () => {
    for (const text of ['', '0', 'ab', '0xa', '0xag', ' 0xab', '0xab ', '0xab\n', '0Xab']) {
      expect(() => parseBytes(text)).toThrow('STATE_MALFORMED')
    }
    for (const bytes of [0, 31, 33]) expect(() => parseStateHash(`0x${'00'.repeat(bytes)}`)).toThrow('STATE_MALFORMED')
  })

  it('keep messages short, however long the value', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ minLength: 1000 }), fc.bigInt({ min: 10n ** 200n })), (value) => {
        expect(() => parseChannelId(value)).toThrow(/^.{0,400}$/s)
      }),
    )
  })
})
