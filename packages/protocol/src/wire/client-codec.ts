import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { hasCode, parseChannelId, type WatcherError } from '@perun-watcher/core'
import { assertNever } from '@perun-watcher/core/adapter'
import {
  ClientMessageSchema,
  type Hello,
  type ListChannels,
  type Publish,
  type StartWatching,
  type StopWatching,
} from '../generated/perun/watcher/v1/watcher_pb.js'
import { type DecodeOptions, decodeBounded } from './decode.ts'
import { bytesOf, optionalHex, present } from './fields.ts'
import type { Received } from './message-reader.ts'
import type { ClientMessage, MalformedRequest } from './messages.ts'
import { readReceipt, writeReceipt } from './receipt-codec.ts'
import { readSignedState, readTransaction, writeParams, writeTransaction } from './state-codec.ts'
import { parseAscii } from './text.ts'
import { violation } from './violation.ts'
import { defaultMaxMessageBytes, wireLimits } from './wire-limits.ts'

type Kind = NonNullable<MessageInitShape<typeof ClientMessageSchema>['kind']>

/**
 * @returns the message; a request whose content alone is malformed as {@link MalformedRequest}, so that it can be answered.
 * @throws WatcherError `PROTOCOL_VIOLATION`, `MESSAGE_TOO_LARGE`
 */
export function decodeClientMessage(bytes: Uint8Array, options: DecodeOptions = {}): ClientMessage | MalformedRequest {
  const { kind } = decodeBounded(ClientMessageSchema, bytes, options.maxBytes ?? defaultMaxMessageBytes)
  switch (kind.case) {
    case 'hello':
      return readHello(kind.value)
    case 'startWatching':
      return readRequest(kind.value, readStartWatching)
    case 'publish':
      return readRequest(kind.value, readPublish)
    case 'stopWatching':
      return readRequest(kind.value, readStopWatching)
    case 'listChannels':
      return readRequest(kind.value, readListChannels)
    case 'acknowledge':
      return { type: 'acknowledge', watch: kind.value.watch, sequence: kind.value.sequence }
    case 'ping':
      return { type: 'ping', number: kind.value.number }
    case undefined:
      throw violation('A message must have a known kind')
    default:
      return assertNever(kind)
  }
}

function readHello({ versions, software, ledgerId }: Received<Hello>): ClientMessage {
  if (versions.length === 0 || versions.length > wireLimits.versions) {
    throw violation(`hello.versions must be a list of 1 to ${wireLimits.versions}`)
  }
  return {
    type: 'hello',
    versions,
    software: parseAscii(software, 'hello.software', wireLimits.software),
    ledgerId: parseAscii(ledgerId, 'hello.ledgerId', wireLimits.ledgerId),
  }
}

function readRequest<Request extends { readonly request: bigint }>(
  request: Request,
  read: (request: Request) => ClientMessage,
): ClientMessage | MalformedRequest {
  try {
    return read(request)
  } catch (error) {
    if (isAnswerable(error)) return { type: 'malformed', request: request.request, error }
    throw error
  }
}

const isAnswerable = (error: unknown): error is WatcherError =>
  hasCode(error, 'STATE_MALFORMED') || hasCode(error, 'PROTOCOL_VIOLATION')

function readStartWatching({
  request,
  watch,
  params,
  newest,
  parent,
  receipt,
}: Received<StartWatching>): ClientMessage {
  return {
    type: 'startWatching',
    request,
    watch,
    newest: readSignedState(params, newest),
    parent: optionalHex(parent),
    receipt: readReceipt(receipt),
  }
}

function readPublish({ request, watch, state }: Received<Publish>): ClientMessage {
  return { type: 'publish', request, watch, transaction: readTransaction(present(state, 'state')) }
}

function readStopWatching({ request, channelId }: Received<StopWatching>): ClientMessage {
  return { type: 'stopWatching', request, channelId: parseChannelId(channelId, 'channelId') }
}

function readListChannels({ request, after, limit }: Received<ListChannels>): ClientMessage {
  const id = optionalHex(after)
  return {
    type: 'listChannels',
    request,
    after: id === undefined ? undefined : parseChannelId(id, 'after'),
    limit,
  }
}

/** @throws WatcherError `STATE_MALFORMED` where a state is not what core's `parse…` functions make. */
export function encodeClientMessage(message: ClientMessage): Uint8Array {
  return toBinary(ClientMessageSchema, create(ClientMessageSchema, { kind: writeKind(message) }))
}

function writeKind(message: ClientMessage): Kind {
  switch (message.type) {
    case 'hello': {
      const { versions, software, ledgerId } = message
      return { case: 'hello', value: { versions: [...versions], software, ledgerId } }
    }
    case 'startWatching': {
      const { request, watch, newest, parent, receipt } = message
      return {
        case: 'startWatching',
        value: {
          request,
          watch,
          params: writeParams(newest.params),
          newest: writeTransaction(newest),
          ...(parent === undefined ? {} : { parent: bytesOf(parent, 'parent') }),
          ...(receipt === undefined ? {} : { receipt: writeReceipt(receipt) }),
        },
      }
    }
    case 'publish': {
      const { request, watch, transaction } = message
      return { case: 'publish', value: { request, watch, state: writeTransaction(transaction) } }
    }
    case 'stopWatching':
      return {
        case: 'stopWatching',
        value: { request: message.request, channelId: bytesOf(message.channelId, 'channelId') },
      }
    case 'listChannels': {
      const { request, after, limit } = message
      return {
        case: 'listChannels',
        value: { request, limit, ...(after === undefined ? {} : { after: bytesOf(after, 'after') }) },
      }
    }
    case 'acknowledge':
      return { case: 'acknowledge', value: { watch: message.watch, sequence: message.sequence } }
    case 'ping':
      return { case: 'ping', value: { number: message.number } }
    default:
      return assertNever(message)
  }
}
