import { parseLimit } from '@perun-watcher/core/internal'
import { defaultMaxMessageBytes } from '../../wire/wire-limits.ts'

/** What a server accepts. Every limit is a whole number of at least 1. */
export interface ServeLimits {
  /** Longest message of a client, in bytes; longer ones end the connection. Default 262 144, twice a transaction. */
  readonly maxMessageBytes: number
  /** Most unanswered requests of one connection; more are refused with `OVERLOADED`. Default 64. */
  readonly maxRequests: number
  /** Most connections; more are turned away with `OVERLOADED`. Default 10 000. */
  readonly maxConnections: number
  /**
   * Most connections of one client. One more ends the one that was silent longest, so that a returning client is not kept
   * out by dead connections that nobody has noticed yet. Default 8.
   */
  readonly maxConnectionsPerClient: number
  /** Most watches of one connection; more are refused with `QUOTA_EXCEEDED`. Default 10 000. */
  readonly maxWatchesPerConnection: number
  /** Milliseconds after which a connection is ended on which nothing arrives, or nothing can be sent. Default 90 000. */
  readonly idleTimeoutMs: number
  /** Milliseconds that a client has to send its Hello, and to take the Goodbye. Default 10 000. */
  readonly handshakeTimeoutMs: number
  /** Most events of one watch that are sent but not acknowledged. Default 16. */
  readonly eventWindow: number
  /** Most events of one watch that wait behind those; then older facts give way to newer ones. Default 64. */
  readonly eventLimit: number
}

const defaults: ServeLimits = {
  maxMessageBytes: defaultMaxMessageBytes,
  maxRequests: 64,
  maxConnections: 10_000,
  maxConnectionsPerClient: 8,
  maxWatchesPerConnection: 10_000,
  idleTimeoutMs: 90_000,
  handshakeTimeoutMs: 10_000,
  eventWindow: 16,
  eventLimit: 64,
}

/** @throws WatcherError `OPTION_INVALID` */
export function parseServeLimits(limits: Partial<ServeLimits> = {}): ServeLimits {
  const all = { ...defaults, ...limits }
  for (const [name, value] of Object.entries(all)) parseLimit(value, name)
  return all
}
