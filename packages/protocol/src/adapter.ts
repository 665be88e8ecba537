/**
 * For authors of message transports: what a connection must be, on either side, and the parts that every server needs.
 *
 * @packageDocumentation
 */
export { type AcceptQueue, acceptQueue } from './transport/accept-queue.ts'
export type { AcceptedConnection, Connection, Connector } from './transport/connection.ts'
export { type Inbox, type InboxOptions, inbox } from './transport/inbox.ts'
export {
  type ConnectionLimits,
  connectionDefaults,
  type GivenLimits,
  parseLimits,
  type ServerLimits,
  serverDefaults,
} from './transport/limits.ts'
export {
  type ReceiveLimiter,
  type ReceiveLimiterOptions,
  type ReceiveTotals,
  receiveLimiter,
} from './transport/receive-limiter.ts'
export { defaultMaxMessageBytes } from './wire/wire-limits.ts'
