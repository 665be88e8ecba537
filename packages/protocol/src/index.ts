/**
 * The Perun watcher over any message transport: the wire protocol, its server and its client.
 *
 * @packageDocumentation
 */
export type { BackOff } from './client/back-off.ts'
export type { RemoteWatcherOptions } from './client/options.ts'
export type { Receipt, ReceiptOptions } from './client/receipts.ts'
export { type RemoteWatcher, type RemoteWatcherStatus, remoteWatcher } from './client/remote-watcher.ts'
export type { AcceptedConnection, Connection, Connector } from './connection.ts'
export { type MemoryTransport, type MemoryTransportOptions, memoryTransport } from './in-memory.ts'
export {
  type Ed25519ReceiptOptions,
  ed25519ReceiptIssuer,
  type ReceiptIssuer,
  type ReceiptSubject,
} from './receipts/issue.ts'
export { verifyReceipt } from './receipts/verify.ts'
export type { ServeLimits } from './server/limits.ts'
export type { ServedEngine, ServeOptions } from './server/serve-options.ts'
export { serveWatcher, type WatcherServer, type WatcherServerStats } from './server/serve-watcher.ts'
export type { StaleStoreAlarm } from './server/stale-store.ts'
export type { AdmittedConnection } from './tenancy/connection-counter.ts'
export {
  type QuotaCode,
  type QuotaKeeper,
  type QuotaKeeperOptions,
  type QuotaStats,
  quotaKeeper,
} from './tenancy/quota-keeper.ts'
export type { ClientQuotas, QuotaOptions, TotalQuotas } from './tenancy/quotas.ts'
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
