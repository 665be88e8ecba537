import { parseLimit } from '@perun-watcher/core/internal'
import { defaultMaxMessageBytes } from '../wire/wire-limits.ts'

/** What both sides of a connection bound. */
export interface ConnectionLimits {
  /** Longest message taken from the other side, in bytes. Default 256 KiB. */
  readonly maxMessageBytes: number
  /** How long connecting may take, until the client is known, in milliseconds. Default 10 000. */
  readonly openTimeoutMs: number
  /**
   * How often to look whether the other side is still there, in milliseconds; one that does not answer for as long again is
   * gone. Default 30 000.
   */
  readonly heartbeatMs: number
}

/** What the server of a transport bounds. */
export interface ServerLimits extends ConnectionLimits {
  /** Most connections of clients. Default 10 000. */
  readonly maxConnections: number
  /** Most connections of which nobody knows yet whose they are; then the oldest gives way. Default 1 000. */
  readonly maxUnopened: number
  /** Most connections of one client. Default 16. */
  readonly maxConnectionsPerClient: number
  /** Most bytes of all connections together that wait to be read; then the one that sends more is ended. Default 256 MiB. */
  readonly maxBufferedBytes: number
  /** Most messages per second of one connection; then it is read more slowly. Default 20 000. */
  readonly messagesPerSecond: number
  /** Most bytes per second of one connection; then it is read more slowly. Default 64 MiB. */
  readonly bytesPerSecond: number
  /** A connection on which the client sends nothing for so long is ended. Milliseconds, default 120 000. */
  readonly idleTimeoutMs: number
}

export const connectionDefaults: ConnectionLimits = {
  maxMessageBytes: defaultMaxMessageBytes,
  openTimeoutMs: 10_000,
  heartbeatMs: 30_000,
}

export const serverDefaults: ServerLimits = {
  ...connectionDefaults,
  maxConnections: 10_000,
  maxUnopened: 1_000,
  maxConnectionsPerClient: 16,
  maxBufferedBytes: 2 ** 28,
  messagesPerSecond: 20_000,
  bytesPerSecond: 2 ** 26,
  idleTimeoutMs: 120_000,
}

/** Limits as a caller gives them: what is left out has its default. */
export type GivenLimits<Limits> = { readonly [Name in keyof Limits]?: Limits[Name] | undefined }

/**
 * Reads limits of a transport; `defaults` names all that it bounds.
 *
 * @param most what is larger counts as this: transports keep lengths and times in few bits
 * @throws WatcherError `OPTION_INVALID`: a limit that is not a whole number of at least 1
 */
export function parseLimits<Name extends string>(
  given: { readonly [Key in Name]?: number | undefined },
  defaults: Readonly<Record<Name, number>>,
  most: number,
): Record<Name, number> {
  const limits: Record<Name, number> = { ...defaults }
  for (const name in defaults) limits[name] = Math.min(parseLimit(given[name] ?? defaults[name], name), most)
  return limits
}
