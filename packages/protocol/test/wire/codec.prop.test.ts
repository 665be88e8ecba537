import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { isWatcherError } from '@perun-watcher/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ClientMessageSchema } from '../../src/generated/perun/watcher/v1/watcher_pb.js'
import {
  decodeClientMessage,
  decodeReceiptBody,
  decodeServerMessage,
  encodeClientMessage,
  encodeServerMessage,
} from '../../src/index.ts'
import { clientMessage, serverMessage } from '../support/arbitraries.ts'

const readers = { decodeClientMessage, decodeServerMessage, decodeReceiptBody }

/** Legal bytes with a few of them changed, cut out or repeated. */
const damaged = fc
  .record({
    bytes: fc.oneof(clientMessage.map(encodeClientMessage), serverMessage.map(encodeServerMessage)),
    changes: fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }),
    cut: fc.option(fc.tuple(fc.nat(), fc.nat({ max: 8 }))),
    isDoubled: fc.boolean(),
  })
  .map(({ bytes, changes, cut, isDoubled }) => {
    const copy = [...bytes]
    for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value
    if (cut !== null && copy.length > 0) copy.splice(cut[0] % copy.length, cut[1])
    return Uint8Array.from(isDoubled ? [...copy, ...copy] : copy)
  })

function expectCodedErrorsOnly(bytes: Uint8Array): void {
  for (const decode of Object.values(readers)) {
    try {
      decode(bytes)
    } catch (error) {
      if (!isWatcherError(error)) throw error
      expect(['PROTOCOL_VIOLATION', 'STATE_MALFORMED', 'MESSAGE_TOO_LARGE']).toContain(error.code)
      expect(error.message.length).toBeLessThan(2_000)
    }
  }
}

describe('the wire', () => {
  it('gives back every message of a client', () => {
    fc.assert(
      fc.property(clientMessage, (message) => {
        expect(decodeClientMessage(encodeClientMessage(message))).toEqual(message)
      }),
    )
  })

  it('gives back every message of a watcher', () => {
    fc.assert(
      fc.property(serverMessage, (message) => {
        expect(decodeServerMessage(encodeServerMessage(message))).toEqual(message)
      }),
    )
  })

  it('writes what any other program with the schema reads and writes again, byte by byte', () => {
    fc.assert(
      fc.property(clientMessage, (message) => {
        const bytes = encodeClientMessage(message)
        const again = toBinary(ClientMessageSchema, fromBinary(ClientMessageSchema, bytes))
        expect(Buffer.from(again).equals(bytes)).toBe(true)
      }),
    )
  })

  it('answers arbitrary bytes with coded errors only', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), expectCodedErrorsOnly))
  })

  it('answers damaged messages with coded errors only', () => {
    fc.assert(fc.property(damaged, expectCodedErrorsOnly), { numRuns: 1_000 })
  })
})
