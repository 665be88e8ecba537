import { crc32 } from 'node:zlib'
import { hasCode } from '@perun-watcher/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Codec, decode, encode } from '../../src/codec/frame.ts'
import { indexCodec, linksCodec } from '../../src/codec/index-codec.ts'
import { mailboxCodec } from '../../src/codec/mailbox-codec.ts'
import { attemptCodec, numberCodec, textCodec } from '../../src/codec/small-codecs.ts'
import { heldCodec, paramsCodec } from '../../src/codec/state-codec.ts'
import { entryOf } from '../../src/entries/index-entry.ts'
import { held, links, mailbox, params, record } from '../support/arbitraries.ts'

const key = Buffer.from('some key')

const entry = fc
  .record({
    params,
    newest: held,
    fallback: fc.option(held, { nil: undefined }),
    registered: fc.option(held, { nil: undefined }),
    record: fc.option(record, { nil: undefined }),
    isRecordKnown: fc.boolean(),
    links,
  })
  .map((channel) => entryOf({ ...channel, ...channel.links }))

const text = fc.string({ unit: 'grapheme' })
const prefixed = text.map((rest): `0x${string}` => `0x${rest}`)
const attempt = fc.record({
  account: prefixed,
  nonce: fc.bigInt({ min: 0n, max: 2n ** 64n }),
  hash: prefixed,
  raw: prefixed,
})

/** Says of a decoder what must hold for it whatever the bytes are. */
function neverCrashes<T>(codec: Codec<T>, bytes: Buffer): void {
  try {
    decode(codec, key, bytes)
  } catch (error) {
    expect(hasCode(error, 'STORE_CORRUPT'), String(error)).toBe(true)
  }
}

/** The bytes with a checksum that holds, as a bug or an attacker would write them. */
function sealed(body: Uint8Array): Buffer {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body, crc32(key)))
  return Buffer.concat([body, sum])
}

function keepsItsPromises<T>(codec: Codec<T>, values: fc.Arbitrary<T>): void {
  describe(`the codec of a ${codec.what}`, () => {
    it('brings back what it was given, always in the same bytes', () => {
      fc.assert(
        fc.property(values, (value) => {
          const bytes = encode(codec, key, value)
          expect(decode(codec, key, bytes)).toEqual(value)
          expect(encode(codec, key, decode(codec, key, bytes))).toEqual(bytes)
        }),
      )
    })

    it('notices every changed bit, a cut end, and a value under another key', () => {
      fc.assert(
        fc.property(values, fc.nat(), fc.integer({ min: 0, max: 7 }), (value, position, bit) => {
          const bytes = encode(codec, key, value)
          const changed = Buffer.from(bytes)
          const at = position % bytes.length
          changed[at] = (changed[at] ?? 0) ^ (1 << bit)
          for (const [under, damaged] of [
            [key, changed],
            [key, bytes.subarray(0, at)],
            [Buffer.from('other key'), bytes],
          ] as const) {
            expect(() => decode(codec, under, damaged)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
          }
        }),
      )
    })

    it('refuses a value with bytes behind it', () => {
      fc.assert(
        fc.property(values, fc.uint8Array({ minLength: 1, maxLength: 8 }), (value, more) => {
          const body = encode(codec, key, value).subarray(0, -4)
          const longer = sealed(Buffer.concat([body, more]))
          expect(() => decode(codec, key, longer)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
        }),
      )
    })

    it('refuses bytes that it never wrote, and nothing worse', () => {
      fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => neverCrashes(codec, Buffer.from(bytes))))
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
          neverCrashes(codec, sealed(Buffer.concat([Buffer.from([1]), bytes])))
        }),
        { numRuns: 500 },
      )
      fc.assert(
        fc.property(values, fc.nat(), fc.nat({ max: 255 }), (value, position, byte) => {
          const body = encode(codec, key, value).subarray(0, -4)
          const changed = Buffer.from(body)
          changed[position % body.length] = byte
          neverCrashes(codec, sealed(changed))
        }),
        { numRuns: 500 },
      )
    })
  })
}

keepsItsPromises(paramsCodec, params)
keepsItsPromises(heldCodec, held)
keepsItsPromises(linksCodec, links)
keepsItsPromises(indexCodec, entry)
keepsItsPromises(mailboxCodec, mailbox)
keepsItsPromises(attemptCodec, attempt)
keepsItsPromises(numberCodec, fc.bigInt({ min: 0n, max: 2n ** 300n }))
keepsItsPromises(textCodec, text)

describe('an encoded value', () => {
  it('is refused where a newer layout was written', () => {
    expect(() => decode(numberCodec, key, sealed(Buffer.from([2, 0])))).toThrow(/layout 2/)
  })

  it('that is damaged is named by its key, as text where it is text', () => {
    const named = (under: Buffer): unknown =>
      expect.objectContaining({ details: [`Entry ${under === key ? 'some key' : '0x01206bff'}.`, 'It is too short.'] })
    for (const under of [key, Buffer.from('01206bff', 'hex')]) {
      expect(() => decode(numberCodec, under, Buffer.alloc(0))).toThrow(named(under))
    }
  })

  it('is refused where it is negative or too large', () => {
    expect(() => encode(numberCodec, key, -1n)).toThrow(RangeError)
    expect(() => encode(numberCodec, key, 2n ** 2_041n)).toThrow(RangeError)
  })
})
