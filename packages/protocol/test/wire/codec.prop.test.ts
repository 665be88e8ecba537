import { type DescMessage, fromBinary, toBinary } from '@bufbuild/protobuf'
import { isWatcherError } from '@perun-watcher/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ClientMessageSchema, ServerMessageSchema } from '../../src/generated/perun/watcher/v1/watcher_pb.js'
import {
  decodeClientMessage,
  decodeReceiptBody,
  decodeServerMessage,
  encodeClientMessage,
  encodeServerMessage,
} from '../../src/internal.ts'
import { clientMessage, serverMessage } from '../support/arbitraries.ts'
import { damaged } from '../support/rearranged.ts'

const readers = { decodeClientMessage, decodeServerMessage, decodeReceiptBody }

const legal = fc.oneof(clientMessage.map(encodeClientMessage), serverMessage.map(encodeServerMessage))

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
    const again = (schema: DescMessage, bytes: Uint8Array): Uint8Array => toBinary(schema, fromBinary(schema, bytes))
    fc.assert(
      fc.property(clientMessage.map(encodeClientMessage), (bytes) => {
        expect(again(ClientMessageSchema, bytes)).toEqual(bytes)
      }),
    )
    fc.assert(
      fc.property(serverMessage.map(encodeServerMessage), (bytes) => {
        expect(again(ServerMessageSchema, bytes)).toEqual(bytes)
      }),
      { numRuns: 500 },
    )
  })

  it('answers arbitrary bytes with coded errors only', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), expectCodedErrorsOnly))
  })

  it('answers damaged messages with coded errors only', () => {
    fc.assert(fc.property(damaged(legal), expectCodedErrorsOnly), { numRuns: 1_000 })
  })
})
