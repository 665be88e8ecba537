/**
 * The Perun watcher over any message transport: its server and its client. Authors of transports find what a connection is
 * in `@perun-watcher/protocol/adapter`.
 *
 * @packageDocumentation
 */

export type { BackOff } from '@perun-watcher/core/internal'
export type { RemoteWatcherOptions } from './client/client-settings.ts'
export type { Receipt, ReceiptOptions } from './client/publishing/receipt-check.ts'
export { type RemoteWatcher, type RemoteWatcherStatus, remoteWatcher } from './client/remote-watcher.ts'
export type { AdmittedConnection } from './quotas/connection-counter.ts'
export {
  type QuotaCode,
  type QuotaKeeper,
  type QuotaKeeperOptions,
  type QuotaStats,
  quotaKeeper,
} from './quotas/quota-keeper.ts'
export type { ClientQuotas, QuotaOptions, TotalQuotas } from './quotas/quotas.ts'
export {
  type Ed25519ReceiptOptions,
  ed25519ReceiptIssuer,
  type ReceiptIssuer,
  type ReceiptSubject,
} from './receipts/issue.ts'
export type { StaleStoreAlarm } from './receipts/stale-store-alarm.ts'
export { verifyReceipt } from './receipts/verify.ts'
export { serveWatcher, type WatcherServer, type WatcherServerStats } from './server/serve-watcher.ts'
export type { ServeLimits } from './server/settings/serve-limits.ts'
export type { ServedEngine, ServeOptions } from './server/settings/serve-options.ts'
export { type MemoryTransport, type MemoryTransportOptions, memoryTransport } from './transport/memory-transport.ts'
export type { GuardedChannel, ReceiptBody, WireReceipt } from './wire/messages.ts'
