import { verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  ClientMessageSchema,
  ReceiptBodySchema,
  ServerMessageSchema,
} from '../../src/generated/perun/watcher/v1/watcher_pb.js'
import {
  decodeClientMessage,
  decodeReceiptBody,
  decodeServerMessage,
  encodeClientMessage,
  encodeReceiptBody,
  encodeServerMessage,
} from '../../src/internal.ts'
import { annotated } from '../support/annotated-bytes.ts'
import { clientExamples, receiptBody, serverExamples } from '../support/wire-examples.ts'

const document = readFileSync(new URL('../../docs/wire.md', import.meta.url), 'utf8')

/** Every example of the document: its name and the lines of its block. */
const blocks = new Map(
  [...document.matchAll(/<!-- example: (\S+) -->\n+```text\n([^`]*)\n```/g)].map(([, name = '', text = '']) => [
    name,
    text,
  ]),
)

function bytesOf(name: string): Uint8Array {
  const hex = (blocks.get(name) ?? '').replace(/;.*$/gm, '').replace(/\s/g, '')
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

describe('docs/wire.md', () => {
  it('shows exactly these examples, each once', () => {
    const shown = [...document.matchAll(/<!-- example: (\S+) -->/g)].map(([, name]) => name)
    const known = [...Object.keys(clientExamples), ...Object.keys(serverExamples), 'receipt-body']
    expect([...shown].sort()).toEqual(known.sort())
    expect([...blocks.keys()].sort()).toEqual(known)
  })

  it.each(Object.entries(clientExamples))('shows what a client sends: %s', (name, message) => {
    expect(blocks.get(name)).toBe(annotated(ClientMessageSchema, encodeClientMessage(message)))
    expect(Buffer.from(bytesOf(name)).equals(encodeClientMessage(message))).toBe(true)
    expect(decodeClientMessage(bytesOf(name))).toEqual(message)
  })

  it.each(Object.entries(serverExamples))('shows what a watcher sends: %s', (name, message) => {
    expect(blocks.get(name)).toBe(annotated(ServerMessageSchema, encodeServerMessage(message)))
    expect(Buffer.from(bytesOf(name)).equals(encodeServerMessage(message))).toBe(true)
    expect(decodeServerMessage(bytesOf(name))).toEqual(message)
  })

  it('shows what is signed in a receipt', () => {
    expect(blocks.get('receipt-body')).toBe(annotated(ReceiptBodySchema, encodeReceiptBody(receiptBody)))
    expect(decodeReceiptBody(bytesOf('receipt-body'))).toEqual(receiptBody)
  })

  it('checks a receipt as it says', () => {
    const welcome = decodeServerMessage(bytesOf('welcome'))
    const started = decodeServerMessage(bytesOf('started'))
    if (welcome.type !== 'welcome' || started.type !== 'reply' || started.result.type !== 'started') throw new Error()
    const { receipt } = started.result
    expect(Buffer.from(receipt?.body ?? []).equals(bytesOf('receipt-body'))).toBe(true)
    const signed = Buffer.concat([Buffer.from('perun-watcher receipt v1\n'), bytesOf('receipt-body')])
    const key = { key: Buffer.from(welcome.receiptKey ?? []).toString('base64url'), kty: 'OKP', crv: 'Ed25519' }
    const jwk = { kty: key.kty, crv: key.crv, x: key.key }
    expect(verify(null, signed, { key: jwk, format: 'jwk' }, receipt?.signature ?? new Uint8Array())).toBe(true)
  })
})
