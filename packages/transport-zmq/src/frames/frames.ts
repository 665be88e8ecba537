import { type ErrorCode, errorCodes, WatcherError } from '@perun-watcher/core'
import { assertNever } from '@perun-watcher/core/adapter'

/** The version of the layout below. */
export const frameVersion = 1

/**
 * The content of one ZeroMQ message, which always has a single frame. Numbers are big-endian. The README specifies the
 * layout for authors of other clients.
 */
export type Frame =
  /** The first frame of a client. `window`: most cost that the server may have in transit to it. */
  | { readonly kind: 'open'; readonly version: number; readonly window: number; readonly credentials: Uint8Array }
  /** The server's answer, with its own window. */
  | { readonly kind: 'opened'; readonly version: number; readonly window: number }
  /** `number`: how many data frames this side sent before, modulo 2^32. */
  | { readonly kind: 'data'; readonly number: number; readonly message: Uint8Array }
  /** The total cost of all messages that the receiver has read since the connection was opened. */
  | { readonly kind: 'taken'; readonly total: number }
  /** The last frame. Without a reason the connection ends in order. */
  | { readonly kind: 'end'; readonly reason: WatcherError | undefined }

const kinds = { open: 1, opened: 2, data: 3, taken: 4, end: 5 } as const
const headerBytes = 6
const dataHeaderBytes = 5
const longestReason = 500

export function encodeFrame(frame: Frame): Uint8Array {
  switch (frame.kind) {
    case 'open':
      return Buffer.concat([header(kinds.open, frame.version, frame.window), frame.credentials])
    case 'opened':
      return header(kinds.opened, frame.version, frame.window)
    case 'data':
      return encodeData(frame)
    case 'taken': {
      const bytes = Buffer.alloc(9)
      bytes.writeUInt8(kinds.taken)
      bytes.writeBigUInt64BE(BigInt(frame.total), 1)
      return bytes
    }
    case 'end':
      return encodeEnd(frame.reason)
    default:
      return assertNever(frame)
  }
}

/**
 * @throws WatcherError `PROTOCOL_VIOLATION`
 */
export function decodeFrame(bytes: Buffer): Frame {
  switch (bytes[0]) {
    case kinds.open:
      if (bytes.length < headerBytes) break
      return { kind: 'open', ...readHeader(bytes), credentials: bytes.subarray(headerBytes) }
    case kinds.opened:
      if (bytes.length !== headerBytes) break
      return { kind: 'opened', ...readHeader(bytes) }
    case kinds.data:
      if (bytes.length < dataHeaderBytes) break
      return { kind: 'data', number: bytes.readUInt32BE(1), message: bytes.subarray(dataHeaderBytes) }
    case kinds.taken:
      if (bytes.length !== 9) break
      return { kind: 'taken', total: Number(bytes.readBigUInt64BE(1)) }
    case kinds.end:
      return { kind: 'end', reason: decodeReason(bytes.subarray(1)) }
  }
  throw new WatcherError('PROTOCOL_VIOLATION', 'A frame of the ZeroMQ transport is malformed.', {
    details: [`Kind ${bytes[0] ?? 'missing'}, ${bytes.length} bytes.`],
  })
}

function header(kind: number, version: number, window: number): Buffer {
  const bytes = Buffer.alloc(headerBytes)
  bytes.writeUInt8(kind)
  bytes.writeUInt8(version, 1)
  bytes.writeUInt32BE(window, 2)
  return bytes
}

function readHeader(bytes: Buffer): { readonly version: number; readonly window: number } {
  return { version: bytes.readUInt8(1), window: bytes.readUInt32BE(2) }
}

function encodeData({ number, message }: Frame & { readonly kind: 'data' }): Uint8Array {
  const bytes = Buffer.allocUnsafe(dataHeaderBytes + message.length)
  bytes[0] = kinds.data
  bytes.writeUInt32BE(number >>> 0, 1)
  bytes.set(message, dataHeaderBytes)
  return bytes
}

function encodeEnd(reason: WatcherError | undefined): Uint8Array {
  if (reason === undefined) return Uint8Array.of(kinds.end)
  const text = Buffer.from([reason.shortMessage, ...reason.details].join(' ')).subarray(0, longestReason)
  return Buffer.concat([Uint8Array.of(kinds.end, reason.code.length), Buffer.from(reason.code), text])
}

function decodeReason(bytes: Uint8Array): WatcherError | undefined {
  const [codeLength] = bytes
  if (codeLength === undefined) return undefined
  const code = Buffer.from(bytes.subarray(1, 1 + codeLength)).toString('latin1')
  const text = Buffer.from(bytes.subarray(1 + codeLength, 1 + codeLength + longestReason)).toString()
  const details = [`It says: ${JSON.stringify(text)}.`]
  if (isErrorCode(code)) return new WatcherError(code, 'The other side ended the connection.', { details })
  return new WatcherError('CONNECTION_LOST', 'The other side ended the connection with a code unknown here.', {
    details: [`Code ${JSON.stringify(code)}.`, ...details],
  })
}

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorCodes, text)
}
