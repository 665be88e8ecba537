import type { DescMessage } from '@bufbuild/protobuf'
import { isWatcherError } from '@perun-watcher/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ClientMessageSchema,
  ReceiptBodySchema,
  ServerMessageSchema,
} from '../../src/generated/perun/watcher/v1/watcher_pb.js'
import type { ReceiptBody } from '../../src/index.ts'
import { decodeClientMessage, encodeClientMessage, encodeReceiptBody, encodeServerMessage } from '../../src/internal.ts'
import { decodeBounded } from '../../src/wire/decode.ts'
import { clientMessage, serverMessage } from '../support/arbitraries.ts'
import { damaged, rearranged } from '../support/rearranged.ts'
import { referenceDecode, referenceRead } from '../support/reference-decoder.ts'
import { receiptBody } from '../support/wire-examples.ts'

const clientBytes = clientMessage.map(encodeClientMessage)
const serverBytes = serverMessage.map(encodeServerMessage)
const bodyBytes = fc
  .record({ version: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), ledgerId: fc.string(), client: fc.string() })
  .map((fields): ReceiptBody => ({ ...receiptBody, ...fields }))
  .map(encodeReceiptBody)

/** Whole, rearranged and damaged messages, and messages behind one another, which are merged. */
function likely(schema: DescMessage, whole: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const one = fc.oneof(
    whole,
    { weight: 4, arbitrary: rearranged(schema, whole) },
    { weight: 2, arbitrary: damaged(whole) },
    damaged(rearranged(schema, whole)),
  )
  const several = fc.array(one, { minLength: 2, maxLength: 3 })
  return fc.oneof(
    { weight: 4, arbitrary: one },
    several.map((each) => Uint8Array.from(Buffer.concat(each))),
  )
}

function outcomeOf(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    if (!isWatcherError(error)) throw error
    return { refused: error.code }
  }
}

/** Bytes as text, and fields that are inherited as if they were the message's own. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const fields: Record<string, unknown> = {}
  for (const key in value) fields[key] = plain(Reflect.get(value, key))
  return fields
}

describe('reading', () => {
  it.each([
    [ClientMessageSchema, clientBytes],
    [ServerMessageSchema, serverBytes],
    [ReceiptBodySchema, bodyBytes],
  ] as const)('gives what any other program with the schema reads, or refuses: %s', (schema, whole) => {
    fc.assert(
      fc.property(likely(schema, whole), (bytes) => {
        const read = outcomeOf(() => plain(decodeBounded(schema, bytes, 2 ** 20)))
        expect(read).toEqual(outcomeOf(() => plain(referenceRead(schema, bytes))))
      }),
      { numRuns: 1_500 },
    )
  })

  it('gives the message of a client that stands in the bytes, or the same refusal', () => {
    fc.assert(
      fc.property(likely(ClientMessageSchema, clientBytes), (bytes) => {
        const read = outcomeOf(() => {
          const message = decodeClientMessage(bytes)
          if (message.type !== 'malformed') return message
          return { type: message.type, request: message.request, code: message.error.code }
        })
        expect(read).toEqual(outcomeOf(() => referenceDecode(bytes)))
      }),
      { numRuns: 2_500 },
    )
  })

  it('holds nothing of the bytes', () => {
    fc.assert(
      fc.property(clientMessage, (message) => {
        const bytes = Buffer.from(encodeClientMessage(message))
        const read = decodeClientMessage(bytes)
        bytes.fill(0xff)
        expect(read).toEqual(message)
      }),
    )
  })
})
