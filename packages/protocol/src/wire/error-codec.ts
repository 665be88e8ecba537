import type { MessageInitShape } from '@bufbuild/protobuf'
import { type ErrorCode, errorCodes, WatcherError } from '@perun-watcher/core'
import type { ErrorSchema, Error as WireError } from '../generated/perun/watcher/v1/watcher_pb.js'
import type { Received } from './message-reader.ts'
import { boundedText, parseAscii } from './text.ts'
import { wireLimits } from './wire-limits.ts'

const maxUint32 = 2 ** 32 - 1

const isKnown = (code: string): code is ErrorCode => Object.hasOwn(errorCodes, code)

const boundedDetails = (details: readonly string[]): string[] =>
  details.slice(0, wireLimits.details).map((line) => boundedText(line, wireLimits.text))

export function writeError(error: WatcherError): MessageInitShape<typeof ErrorSchema> {
  const { code, shortMessage, details, retryable, retryAfterMs = 0 } = error
  return {
    code,
    message: boundedText(shortMessage, wireLimits.text),
    details: boundedDetails(details),
    retryable,
    retryAfterMs: Math.min(Math.max(Math.ceil(retryAfterMs), 0), maxUint32),
  }
}

/**
 * The error as the other side sent it. A code that only a later version knows becomes `SERVER_FAILED` with the original texts
 * and the original `retryable`: a client must not repeat for ever what is refused for good.
 *
 * @throws WatcherError `PROTOCOL_VIOLATION`
 */
export function readError({ code, message, details, retryable, retryAfterMs }: Received<WireError>): WatcherError {
  const name = parseAscii(code, 'error.code', wireLimits.code)
  const known = isKnown(name)
  return new WatcherError(known ? name : 'SERVER_FAILED', boundedText(message, wireLimits.text), {
    details: boundedDetails(known ? details : [`The watcher calls it ${name}.`, ...details]),
    retryable,
    retryAfterMs: retryAfterMs === 0 ? undefined : retryAfterMs,
  })
}
