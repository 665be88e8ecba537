import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { hasCode, WatcherError } from '@perun-watcher/core'
import { testChannel } from '@perun-watcher/core/testing'
import { describe, expect, it } from 'vitest'
import {
  AllocationSchema,
  ClientMessageSchema,
  ParamsSchema,
  ServerMessageSchema,
} from '../../src/generated/perun/watcher/v1/watcher_pb.js'
import {
  type ClientMessage,
  decodeClientMessage,
  decodeServerMessage,
  encodeClientMessage,
  encodeServerMessage,
} from '../../src/internal.ts'

const channel = testChannel()
const publish: ClientMessage = { type: 'publish', request: 7n, watch: 1, transaction: channel.signed(3n) }

const clientBytes = (kind: NonNullable<MessageInitShape<typeof ClientMessageSchema>['kind']>): Uint8Array =>
  toBinary(ClientMessageSchema, create(ClientMessageSchema, { kind }))

function thrownBy(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** A publish in which one part of the outcome is replaced. */
const withOutcome = (outcome: MessageInitShape<typeof AllocationSchema>): Uint8Array =>
  clientBytes({
    case: 'publish',
    value: { request: 7n, watch: 1, state: { state: { channelId: new Uint8Array(32), outcome } } },
  })

const many = (count: number): Uint8Array[] => Array.from({ length: count }, () => Uint8Array.of(1))

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)]
}

/** A part of a message, as field `number` of the message around it. */
const part = (number: number, bytes: readonly number[]): number[] => [number * 8 + 2, ...varint(bytes.length), ...bytes]

describe('decodeClientMessage', () => {
  it.each([
    ['a missing state', clientBytes({ case: 'publish', value: { request: 7n } }), 'state'],
    [
      'a missing outcome',
      clientBytes({ case: 'publish', value: { request: 7n, state: { state: {} } } }),
      'state.outcome',
    ],
    ['an amount above 256 bits', withOutcome({ backends: [new Uint8Array(33).fill(1)] }), 'state.outcome.backends[0]'],
    [
      'an amount with a leading zero',
      withOutcome({ balances: [{ amounts: [Uint8Array.of(1), Uint8Array.of(0, 255)] }] }),
      'state.outcome.balances[0][1]',
    ],
    ['an id that is too short', clientBytes({ case: 'stopWatching', value: { request: 7n } }), 'channelId'],
  ])('names the field and the request for %s', (_, bytes, path) => {
    const message = decodeClientMessage(bytes)
    expect(message).toMatchObject({ type: 'malformed', request: 7n, error: { code: 'STATE_MALFORMED' } })
    if (message.type === 'malformed') expect(message.error.shortMessage.startsWith(`${path} must be `)).toBe(true)
  })

  it('refuses a receipt with a signature of the wrong length, and only that request', () => {
    const { params, ...newest } = channel.signed(1n)
    const bytes = encodeClientMessage({
      type: 'startWatching',
      request: 9n,
      watch: 1,
      newest: { params, ...newest },
      parent: undefined,
      receipt: { body: new Uint8Array(3), signature: new Uint8Array(63) },
    })
    expect(decodeClientMessage(bytes)).toMatchObject({
      type: 'malformed',
      request: 9n,
      error: { code: 'PROTOCOL_VIOLATION' },
    })
  })

  it.each([
    ['no kind', new Uint8Array()],
    ['a kind of a later version', Uint8Array.of(0x7a, 0)],
    ['no protocol version', clientBytes({ case: 'hello', value: {} })],
    ['a name with a line break', clientBytes({ case: 'hello', value: { versions: [1], software: 'a\nb' } })],
    ['a group', Uint8Array.of(0x0b, 0x0c)],
    ['a field of another type than the schema says', Uint8Array.of(0x09, 0, 0, 0, 0, 0, 0, 0, 0)],
    ['a part that reaches beyond the message around it', Uint8Array.of(0x12, 2, 0x1a, 5, 0, 0, 0, 0, 0)],
    ['a number in a list that reaches beyond the list', Uint8Array.of(0x0a, 4, 0x0a, 1, 0x80, 1)],
    ['a group of a later version, though it could be skipped', Uint8Array.of(0x32, 2, 0x08, 5, 0x7b, 0x7c)],
    ['a million groups in each other', new Uint8Array(200_000).fill(0x0b)],
  ])('calls %s a violation', (_, bytes) => {
    expect(
      hasCode(
        thrownBy(() => decodeClientMessage(bytes)),
        'PROTOCOL_VIOLATION',
      ),
    ).toBe(true)
  })

  it('does not look at a message above the limit', () => {
    const bytes = encodeClientMessage(publish)
    expect(decodeClientMessage(bytes, { maxBytes: bytes.length })).toMatchObject({ type: 'publish' })
    const error = thrownBy(() => decodeClientMessage(bytes, { maxBytes: bytes.length - 1 }))
    expect(hasCode(error, 'MESSAGE_TOO_LARGE')).toBe(true)
  })

  it('skips fields of later versions', () => {
    const bytes = Uint8Array.from([...encodeClientMessage({ type: 'ping', number: 5n }), 0xf8, 0x3f, 1])
    expect(decodeClientMessage(bytes)).toStrictEqual({ type: 'ping', number: 5n })
  })

  it('refuses a list that is too long before it builds its entries', () => {
    const participants = Array.from({ length: 100_000 }, () => part(3, [])).flat()
    const params = Uint8Array.from(part(2, part(3, participants)))
    expect(thrownBy(() => decodeClientMessage(params))).toMatchObject({
      code: 'PROTOCOL_VIOLATION',
      details: ['participants must be a list of at most 1024.'],
    })
  })

  it.each([
    ['entries', { balances: many(1025) }, 'balances must be a list of at most 1024.'],
    ['bytes of numbers', { indexMap: many(5121).map(() => 1) }, 'index_map must be a list of at most 1024.'],
  ])('refuses the first list with too many %s', (_, lock, details) => {
    const bytes = withOutcome({ locked: [lock] })
    expect(thrownBy(() => decodeClientMessage(bytes))).toMatchObject({ code: 'PROTOCOL_VIOLATION', details: [details] })
  })

  it('names the part that reaches beyond the message around it', () => {
    expect(thrownBy(() => decodeClientMessage(Uint8Array.of(0x1a, 4, 0x1a, 3, 0, 0, 0)))).toMatchObject({
      details: ['state is longer than the message around it.'],
    })
  })

  it('refuses a message of too many fields, in whatever lists they are', () => {
    const row = create(AllocationSchema, { balances: Array.from({ length: 100 }, () => ({ amounts: many(300) })) })
    expect(thrownBy(() => decodeClientMessage(withOutcome(row)))).toMatchObject({
      code: 'PROTOCOL_VIOLATION',
      details: ['A message must have at most 16384 fields.'],
    })
  })

  it('takes a message of exactly as many fields as the wire allows', () => {
    const ping = encodeClientMessage({ type: 'ping', number: 5n })
    /** A ping, which has two fields, and unknown ones behind it. */
    const withFields = (count: number): Uint8Array =>
      Uint8Array.from([...ping, ...Array.from({ length: count - 2 }, () => [0xf8, 0x3f, 1]).flat()])
    expect(decodeClientMessage(withFields(16_384))).toStrictEqual({ type: 'ping', number: 5n })
    expect(thrownBy(() => decodeClientMessage(withFields(16_385)))).toMatchObject({
      details: ['A message must have at most 16384 fields.'],
    })
  })

  it('answers a request with too many numbers in a list: only that request fails', () => {
    const lock = { channelId: new Uint8Array(32), indexMap: many(1025).map(() => 1) }
    expect(decodeClientMessage(withOutcome({ locked: [lock] }))).toMatchObject({
      type: 'malformed',
      request: 7n,
      error: { shortMessage: 'state.outcome.locked[0].indexMap must be a list of at most 1024.' },
    })
  })

  it('answers a request whose number stands behind what is malformed', () => {
    const bytes = Uint8Array.from(part(3, [...part(3, part(1, part(3, part(2, [0, 1])))), 0x08, 7]))
    expect(decodeClientMessage(bytes)).toMatchObject({ type: 'malformed', request: 7n })
  })

  it('takes the last of what stands there twice, malformed or not', () => {
    const [malformed, sound] = [part(1, [0, 1]), part(1, [1])]
    const publishOf = (chainId: readonly number[]): Uint8Array =>
      Uint8Array.from(part(3, part(3, part(1, part(3, part(1, chainId))))))
    expect(decodeClientMessage(publishOf([...malformed, ...sound]))).toMatchObject({ type: 'publish' })
    expect(decodeClientMessage(publishOf([...sound, ...malformed]))).toMatchObject({ type: 'malformed' })
  })

  it('takes every number but zero for true, also one of more than 32 bits', () => {
    const state = [...part(3, []), 0x28, ...[0x80, 0x80, 0x80, 0x80, 0x10]]
    const bytes = Uint8Array.from(part(3, part(3, part(1, state))))
    expect(decodeClientMessage(bytes)).toMatchObject({ transaction: { state: { isFinal: true } } })
  })

  it('reads the longest lists that a state may have', () => {
    const params = create(ParamsSchema, { participants: many(1024).map((address) => ({ address })) })
    const bytes = clientBytes({ case: 'startWatching', value: { request: 1n, params, newest: { sigs: many(1024) } } })
    expect(decodeClientMessage(bytes)).toMatchObject({ error: { shortMessage: 'state must be present.' } })
  })
})

describe('errors on the wire', () => {
  const sent = (error: WatcherError): unknown => decodeServerMessage(encodeServerMessage({ type: 'goodbye', error }))

  it('keep code, texts, whether they are retryable, and when', () => {
    const error = new WatcherError('RATE_LIMITED', 'Too fast.', { details: ['5 per second.'], retryAfterMs: 250 })
    expect(sent(error)).toStrictEqual({ type: 'goodbye', error })
  })

  it('cut what is too long and leave out what is no text for people', () => {
    const error = new WatcherError('STORE_FAILED', `a\u001b[31m\u202e${'b'.repeat(600)}`, {
      details: many(20).map(String),
    })
    const texts = { shortMessage: `a [31m ${'b'.repeat(492)}…`, details: Array.from({ length: 8 }, () => '1') }
    expect(sent(error)).toMatchObject({ error: texts })
  })

  it.each([true, false])('of a later version keep their text and whether they are retryable: %s', (retryable) => {
    const bytes = toBinary(
      ServerMessageSchema,
      create(ServerMessageSchema, {
        kind: { case: 'goodbye', value: { code: 'TOMORROW', message: 'Come back.', details: ['Then.'], retryable } },
      }),
    )
    expect(decodeServerMessage(bytes)).toMatchObject({
      error: {
        code: 'SERVER_FAILED',
        shortMessage: 'Come back.',
        details: ['The watcher calls it TOMORROW.', 'Then.'],
        retryable,
      },
    })
  })
})

describe('decodeServerMessage', () => {
  it('passes on a warning whose reason only a later version knows', () => {
    const bytes = toBinary(
      ServerMessageSchema,
      create(ServerMessageSchema, {
        kind: {
          case: 'event',
          value: {
            watch: 1,
            sequence: 2n,
            event: {
              channelId: new Uint8Array(32),
              kind: { case: 'endangered', value: { reason: 'eclipse', detail: 'Dark.' } },
            },
          },
        },
      }),
    )
    expect(decodeServerMessage(bytes)).toMatchObject({ event: { reason: 'other', detail: 'eclipse: Dark.' } })
  })

  it('calls a malformed event a violation and names the field', () => {
    const bytes = toBinary(
      ServerMessageSchema,
      create(ServerMessageSchema, {
        kind: {
          case: 'event',
          value: { event: { channelId: new Uint8Array(32), kind: { case: 'registered', value: {} } } },
        },
      }),
    )
    expect(thrownBy(() => decodeServerMessage(bytes))).toMatchObject({
      code: 'PROTOCOL_VIOLATION',
      details: ['event.block must be present.'],
    })
  })
})

describe('the answer to a publish', () => {
  const powers = [7n, 14n, 32n, 35n, 49n, 53n, 56n, 63n].flatMap((bits) => [2n ** bits - 1n, 2n ** bits])
  const edges = [0n, 1n, ...powers, 2n ** 64n - 1n]
  const receipts = [0, 1, 127, 128, 20_000].map((size) => ({
    body: new Uint8Array(size).fill(5),
    signature: new Uint8Array(size % 100).fill(6),
  }))

  it('has the bytes that the library for Protocol Buffers gives it, for numbers and receipts of every length', () => {
    for (const version of edges) {
      for (const request of edges) {
        for (const receipt of [undefined, ...receipts]) {
          const expected = toBinary(
            ServerMessageSchema,
            create(ServerMessageSchema, {
              kind: {
                case: 'reply',
                value: {
                  request,
                  result: { case: 'published', value: { version, ...(receipt === undefined ? {} : { receipt }) } },
                },
              },
            }),
          )
          const result = { type: 'published', version, receipt } as const
          // Compared by hand: `toEqual` takes half a minute for all of them.
          const isSame = Buffer.from(expected).equals(encodeServerMessage({ type: 'reply', request, result }))
          expect({ version, request, isSame }).toEqual({ version, request, isSame: true })
        }
      }
    }
  })

  it.each([-1n, 2n ** 64n])('cannot carry the number %s', (number) => {
    const result = { type: 'published', version: number, receipt: undefined } as const
    expect(() => encodeServerMessage({ type: 'reply', request: 1n, result })).toThrow(RangeError)
    const numbered = { type: 'published', version: 1n, receipt: undefined } as const
    expect(() => encodeServerMessage({ type: 'reply', request: number, result: numbered })).toThrow(RangeError)
  })
})
