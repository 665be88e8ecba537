import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { hasCode, parseChannelId, type WatcherError } from '@perun-watcher/core'
import { assertNever } from '@perun-watcher/core/adapter'
import {
  type Channels,
  type Event,
  type GuardedChannelSchema,
  type Reply,
  type ReplySchema,
  ServerMessageSchema,
  type Welcome,
} from '../generated/perun/watcher/v1/watcher_pb.js'
import { type DecodeOptions, decodeBounded } from './decode.ts'
import { readError, writeError } from './error-codec.ts'
import { ledgerIdOf, readEvent, writeEvent } from './event-codec.ts'
import { bytesOf, keptBytesOf, optionalHex, present } from './fields.ts'
import type { Received } from './message-reader.ts'
import type { GuardedChannel, ReplyResult, ServerMessage, WireReceipt } from './messages.ts'
import { encodePublishedReply } from './published-reply.ts'
import { readReceipt, writeReceipt } from './receipt-codec.ts'
import { parseAscii } from './text.ts'
import { violation } from './violation.ts'
import { defaultMaxMessageBytes, wireLimits } from './wire-limits.ts'

type Kind = NonNullable<MessageInitShape<typeof ServerMessageSchema>['kind']>

const receiptKeyBytes = 32

/** @throws WatcherError `PROTOCOL_VIOLATION`, `MESSAGE_TOO_LARGE` */
export function decodeServerMessage(bytes: Uint8Array, options: DecodeOptions = {}): ServerMessage {
  try {
    return read(bytes, options.maxBytes ?? defaultMaxMessageBytes)
  } catch (error) {
    // A watcher sends only what it has validated: this one breaks the protocol.
    throw hasCode(error, 'STATE_MALFORMED') ? violation(error.shortMessage.replace(/\.$/, ''), error) : error
  }
}

function read(bytes: Uint8Array, maxBytes: number): ServerMessage {
  const { kind } = decodeBounded(ServerMessageSchema, bytes, maxBytes)
  switch (kind.case) {
    case 'welcome':
      return readWelcome(kind.value)
    case 'reply':
      return { type: 'reply', request: kind.value.request, result: readResult(kind.value) }
    case 'event':
      return readNumberedEvent(kind.value)
    case 'watchEnded': {
      const { watch, error } = kind.value
      return { type: 'watchEnded', watch, error: error === undefined ? undefined : readError(error) }
    }
    case 'pong':
      return { type: 'pong', number: kind.value.number }
    case 'goodbye':
      return { type: 'goodbye', error: readError(kind.value) }
    case undefined:
      throw violation('A message must have a known kind')
    default:
      return assertNever(kind)
  }
}

function readWelcome(welcome: Received<Welcome>): ServerMessage {
  const { version, maxMessageBytes, maxRequests, idleTimeoutSeconds } = welcome
  const receiptKey = keptBytesOf(welcome.receiptKey, 'welcome.receiptKey')
  if (receiptKey.length !== 0 && receiptKey.length !== receiptKeyBytes) {
    throw violation(`welcome.receiptKey must be ${receiptKeyBytes} bytes long, or empty`)
  }
  return {
    type: 'welcome',
    version,
    software: parseAscii(welcome.software, 'welcome.software', wireLimits.software),
    ledgerId: parseAscii(welcome.ledgerId, 'welcome.ledgerId', wireLimits.ledgerId),
    maxMessageBytes,
    maxRequests,
    idleTimeoutSeconds,
    receiptKey: receiptKey.length === 0 ? undefined : receiptKey,
  }
}

function readResult({ result }: Received<Reply>): ReplyResult {
  switch (result.case) {
    case 'started':
    case 'published':
      return { type: result.case, version: result.value.version, receipt: readReceipt(result.value.receipt) }
    case 'stopped':
      return { type: 'stopped' }
    case 'channels':
      return readChannels(result.value)
    case 'error':
      return { type: 'failed', error: readError(result.value) }
    case undefined:
      throw violation('A reply must have a known result')
    default:
      return assertNever(result)
  }
}

function readChannels({ channels, more }: Received<Channels>): ReplyResult {
  const read = ({ channelId, version, parent }: (typeof channels)[number]): GuardedChannel => ({
    id: parseChannelId(channelId, 'channelId'),
    version,
    parent: optionalHex(parent) === undefined ? undefined : parseChannelId(parent, 'parent'),
  })
  return { type: 'channels', channels: channels.map(read), more }
}

function readNumberedEvent({ watch, sequence, event: received }: Received<Event>): ServerMessage {
  const event = present(received, 'event')
  const ledgerId = parseAscii(ledgerIdOf(event), 'event.ledgerId', wireLimits.ledgerId)
  return { type: 'event', watch, sequence, ledgerId, event: readEvent(event) }
}

/** @throws WatcherError `STATE_MALFORMED` where an event is not what core's `parse…` functions make. */
export function encodeServerMessage(message: ServerMessage): Uint8Array {
  if (message.type === 'reply' && message.result.type === 'published') {
    return encodePublishedReply(message.request, message.result)
  }
  return toBinary(ServerMessageSchema, create(ServerMessageSchema, { kind: writeKind(message) }))
}

function writeKind(message: ServerMessage): Kind {
  switch (message.type) {
    case 'welcome': {
      const { type, receiptKey, ...rest } = message
      return { case: type, value: { ...rest, ...(receiptKey === undefined ? {} : { receiptKey }) } }
    }
    case 'reply':
      return { case: 'reply', value: { request: message.request, result: writeResult(message.result) } }
    case 'event': {
      const { watch, sequence, ledgerId, event } = message
      return { case: 'event', value: { watch, sequence, event: writeEvent(event, ledgerId) } }
    }
    case 'watchEnded':
      return { case: 'watchEnded', value: { watch: message.watch, ...errorOf(message.error) } }
    case 'pong':
      return { case: 'pong', value: { number: message.number } }
    case 'goodbye':
      return { case: 'goodbye', value: writeError(message.error) }
    default:
      return assertNever(message)
  }
}

const errorOf = (error: WatcherError | undefined): { error?: ReturnType<typeof writeError> } =>
  error === undefined ? {} : { error: writeError(error) }

function writeResult(result: ReplyResult): NonNullable<MessageInitShape<typeof ReplySchema>['result']> {
  switch (result.type) {
    case 'started':
    case 'published':
      return { case: result.type, value: { version: result.version, ...receiptOf(result.receipt) } }
    case 'stopped':
      return { case: 'stopped', value: {} }
    case 'channels':
      return { case: 'channels', value: { channels: result.channels.map(writeChannel), more: result.more } }
    case 'failed':
      return { case: 'error', value: writeError(result.error) }
    default:
      return assertNever(result)
  }
}

const writeChannel = ({ id, version, parent }: GuardedChannel): MessageInitShape<typeof GuardedChannelSchema> => ({
  channelId: bytesOf(id, 'channelId'),
  version,
  ...(parent === undefined ? {} : { parent: bytesOf(parent, 'parent') }),
})

const receiptOf = (receipt: WireReceipt | undefined): { receipt?: ReturnType<typeof writeReceipt> } =>
  receipt === undefined ? {} : { receipt: writeReceipt(receipt) }
