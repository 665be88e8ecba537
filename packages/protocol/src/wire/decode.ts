import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import { isWatcherError, WatcherError } from '@perun-watcher/core'
import { type Received, readMessage } from './message-reader.ts'
import { violation } from './violation.ts'

export interface DecodeOptions {
  /** Longer messages are refused unread. Default {@link defaultMaxMessageBytes}. */
  readonly maxBytes?: number | undefined
}

/** @throws WatcherError `MESSAGE_TOO_LARGE` or `PROTOCOL_VIOLATION` */
export function decodeBounded<Desc extends DescMessage>(
  schema: Desc,
  bytes: Uint8Array,
  maxBytes: number,
): Received<MessageShape<Desc>> {
  if (bytes.length > maxBytes) throw tooLarge(bytes.length, maxBytes)
  try {
    return readMessage(schema, bytes)
  } catch (error) {
    throw isWatcherError(error) ? error : violation(`The bytes are no ${schema.name}`, error)
  }
}

export function tooLarge(length: number, maxBytes: number): WatcherError {
  return new WatcherError('MESSAGE_TOO_LARGE', 'The message is longer than the limit.', {
    details: [`${length} bytes; at most ${maxBytes} are taken.`],
  })
}
