import { Metadata, type StatusObject, status } from '@grpc/grpc-js'
import { type ErrorCode, errorCodes, WatcherError } from '@perun-watcher/core'
import { metadataKeys } from './metadata-keys.ts'

const isKnown = (code: string): code is ErrorCode => Object.hasOwn(errorCodes, code)

/** What an error is in the terms of gRPC, for clients that do not know our codes. */
const statusOf: Partial<Record<ErrorCode, status>> = {
  CONNECTION_LOST: status.UNAVAILABLE,
  CONNECTION_REFUSED: status.PERMISSION_DENIED,
  MESSAGE_TOO_LARGE: status.RESOURCE_EXHAUSTED,
  OVERLOADED: status.RESOURCE_EXHAUSTED,
  OPTION_INVALID: status.INVALID_ARGUMENT,
  PROTOCOL_VIOLATION: status.FAILED_PRECONDITION,
  SERVER_FAILED: status.INTERNAL,
}

/** The status with which a server ends a call because of an error. */
export function statusFor(error: WatcherError): StatusObject {
  const metadata = new Metadata()
  metadata.set(metadataKeys.errorCode, error.code)
  return { code: statusOf[error.code] ?? status.UNKNOWN, details: error.shortMessage, metadata }
}

/**
 * The error that the status of a call stands for at the client; `undefined`: an end in order.
 *
 * @param address of the watcher, for the message.
 */
export function errorFor({ code, details, metadata }: StatusObject, address: string): WatcherError | undefined {
  if (code === status.OK) return undefined
  const lines = [`Address ${address}.`, `gRPC says ${status[code] ?? code}: ${details.slice(0, 300)}`]
  const [told] = metadata.get(metadataKeys.errorCode)
  if (typeof told === 'string' && isKnown(told)) {
    return new WatcherError(told, details.slice(0, 300), { details: lines.slice(0, 1) })
  }
  switch (code) {
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
      return new WatcherError('CONNECTION_REFUSED', 'The watcher does not admit this client.', { details: lines })
    case status.RESOURCE_EXHAUSTED:
      // What grpc-js says of a message, on either side.
      if (/larger than/.test(details)) {
        return new WatcherError('MESSAGE_TOO_LARGE', 'A message was longer than its receiver takes.', {
          details: lines,
        })
      }
      return new WatcherError('OVERLOADED', 'The watcher has no room for this connection.', { details: lines })
    case status.UNIMPLEMENTED:
      return new WatcherError('CONNECTION_LOST', 'What answers at this address is no watcher.', { details: lines })
    default:
      return new WatcherError('CONNECTION_LOST', 'The connection to the watcher broke, or was not made.', {
        details: lines,
      })
  }
}
