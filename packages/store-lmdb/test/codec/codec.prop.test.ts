import { crc32 } from 'node:zlib'
import { hasCode } from '@perun-watcher/core'
import { historyWith, noHistory } from '@perun-watcher/core/adapter'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Codec, decode, encode } from '../../src/codec/frame.ts'
import { indexCodec, lineClientsCodec, linksCodec } from '../../src/codec/index-codec.ts'
import { mailboxCodec } from '../../src/codec/mailbox-codec.ts'
import { attemptCodec, numberCodec } from '../../src/codec/small-codecs.ts'
import { heldCodec, paramsCodec } from '../../src/codec/state-codec.ts'
import { type IndexEntry, newLineEntry, olderOf } from '../../src/entries/index-entry.ts'
import { client, held, links, mailbox, params, record } from '../support/arbitraries.ts'

const key = Buffer.from('some key')

const line = fc
  .tuple(held, fc.array(held, { maxLength: 3 }), fc.array(held, { maxLength: 3 }))
  .map(([newest, others, older]) => ({
    ...newLineEntry(newest),
    older: [...others.slice(1), ...older].map(olderOf),
    history: others.reduce(historyWith, noHistory),
  }))
const number = fc.nat({ max: 65_535 })

const entry = fc
  .record({
    participants: fc.nat(),
    isLedger: fc.boolean(),
    challengeDuration: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
    links,
    first: line,
    otherLines: fc.array(
      fc.tuple(line, number, links).map(([of, at, { clients }]) => ({ ...of, number: at, clients })),
      { maxLength: 2 },
    ),
    records: fc.array(fc.record({ ledger: number, record: fc.option(record, { nil: undefined }) }), { maxLength: 2 }),
  })
  .map(({ links: of, first, ...rest }): IndexEntry => ({ ...rest, ...of, ...first }))

const numberedMailbox = mailbox.map(({ lastSequence, events }) => ({
  lastSequence,
  events: events.map(({ sequence, event }, index) => ({ sequence, ledger: index, event })),
}))

const text = fc.string({ unit: 'grapheme' })
const prefixed = text.map((rest): `0x${string}` => `0x${rest}`)
const attempt = fc.record({
  ledger: number,
  attempt: fc.record({ lane: text, sequence: fc.bigInt({ min: 0n, max: 2n ** 64n }), hash: prefixed, raw: prefixed }),
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
          for (const layout of [1, 2]) neverCrashes(codec, sealed(Buffer.concat([Buffer.from([layout]), bytes])))
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
keepsItsPromises(mailboxCodec, numberedMailbox)
keepsItsPromises(attemptCodec, attempt)
keepsItsPromises(numberCodec, fc.bigInt({ min: 0n, max: 2n ** 300n }))
keepsItsPromises(lineClientsCodec, fc.array(client))

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
