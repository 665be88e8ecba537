import fc from 'fast-check'
import * as Rlp from 'ox/Rlp'
import { describe, expect, it } from 'vitest'
import { Undecodable } from '../../src/codec/abi-reader.ts'
import { decodeRlp, type RlpItem, rlpBytes, rlpUint } from '../../src/codec/rlp.ts'

type Tree = Uint8Array | readonly Tree[]

/** The encoding of a library. */
const encode = (tree: Tree): Buffer => Buffer.from(Rlp.fromBytes(tree as Parameters<typeof Rlp.fromBytes>[0]))

/** Strings of all lengths at which the encoding changes. */
const text: fc.Arbitrary<Tree> = fc.oneof(
  fc.uint8Array({ maxLength: 2 }),
  fc.uint8Array({ minLength: 54, maxLength: 57 }),
  fc.uint8Array({ minLength: 254, maxLength: 258 }),
)

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof({ maxDepth: 3, depthSize: 'small' }, text, fc.array(tie('tree'), { maxLength: 5 })),
}))

const plain = (item: RlpItem): unknown => (Buffer.isBuffer(item) ? [...item] : item.map(plain))
const plainTree = (item: Tree): unknown => (item instanceof Uint8Array ? [...item] : item.map(plainTree))

function attempt(bytes: Buffer): RlpItem | undefined {
  try {
    return decodeRlp(bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(Undecodable)
    return undefined
  }
}

describe('recursive length prefixes', () => {
  it('are read as a library writes them', () => {
    fc.assert(
      fc.property(tree, (value) => {
        expect(plain(decodeRlp(encode(value)))).toEqual(plainTree(value))
      }),
    )
  })

  it('are read only in the one form in which a library writes them, whatever the bytes', () => {
    const damaged = fc.tuple(tree, fc.nat(8), fc.nat(255)).map(([value, at, byte]) => {
      const bytes = encode(value)
      if (at < bytes.length) bytes[at] = byte
      return bytes
    })
    const noise = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.oneof(damaged, noise), (bytes) => {
        const item = attempt(bytes)
        if (item !== undefined) expect(encode(item).equals(bytes)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['nothing', ''],
    ['bytes behind the item', '8080'],
    ['a byte with a needless prefix', '8105'],
    ['a long form for a short string', `b801${'ff'}`],
    ['a long form for the longest short string', `b837${'ff'.repeat(55)}`],
    ['a length with a leading zero', `b90038${'ff'.repeat(56)}`],
    ['a string that is cut off', '83ffff'],
    ['a list that is cut off', 'c3ffff'],
    ['a length that is cut off', 'b9ff'],
    ['an item that reaches out of its list', 'c183ffffff'],
    ['a string of more than four gigabytes', 'bf0100000000000000'],
    ['a list deeper than any of a transaction', 'c4c3c2c1c0'],
  ])('are refused where there is %s', (_, hex) => {
    expect(() => decodeRlp(Buffer.from(hex, 'hex'))).toThrow(Undecodable)
  })

  it('may be as deep as the access list of a transaction', () => {
    expect(decodeRlp(Buffer.from('c3c2c1c0', 'hex'))).toEqual([[[[]]]])
  })

  it('hold numbers without leading zeros, of 256 bits at most', () => {
    expect(rlpUint(Buffer.alloc(0))).toBe(0n)
    expect(rlpUint(Buffer.from('0100', 'hex'))).toBe(256n)
    expect(rlpUint(Buffer.alloc(32, 255))).toBe(2n ** 256n - 1n)
    for (const wrong of [Buffer.from('00', 'hex'), Buffer.alloc(33, 255), [], undefined]) {
      expect(() => rlpUint(wrong)).toThrow(Undecodable)
    }
    expect(() => rlpBytes([])).toThrow(Undecodable)
  })
})
