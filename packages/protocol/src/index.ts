/**
 * The Perun watcher over any message transport: the wire protocol, its server and its client.
 *
 * @packageDocumentation
 */
export type { AcceptedConnection, Connection, Connector } from './connection.ts'
export { type MemoryTransport, type MemoryTransportOptions, memoryTransport } from './in-memory.ts'
export { decodeClientMessage, encodeClientMessage } from './wire/client-codec.ts'
export type { DecodeOptions } from './wire/decode.ts'
export { defaultMaxMessageBytes } from './wire/limits.ts'
export type {
  ClientMessage,
  MalformedRequest,
  ReceiptBody,
  ReplyResult,
  ServerMessage,
  WireReceipt,
} from './wire/messages.ts'
export { decodeReceiptBody, encodeReceiptBody } from './wire/receipt-codec.ts'
export { decodeServerMessage, encodeServerMessage } from './wire/server-codec.ts'
