import { parseLimit } from '@perun-watcher/core/internal'
import { defaultMaxMessageBytes } from '@perun-watcher/protocol/adapter'

/** What both sides bound. */
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

export interface ServerLimits extends ConnectionLimits {
  /** Most connections of clients. Default 10 000. */
  readonly maxConnections: number
  /** Most connections of which nobody knows yet whose they are; then the oldest gives way. Default 1 000. */
  readonly maxUnopened: number
  /** Most connections of one client. Default 16. */
  readonly maxConnectionsPerClient: number
  /** Most connections from one IPv4 address or one IPv6 /64 network, opened or not. Default 256. */
  readonly maxConnectionsPerAddress: number
  /** Most calls of the health and the reflection service at a time. Default 256. */
  readonly maxAnonymousCalls: number
  /** Most bytes of all connections together that wait to be read; then the one that sends more is ended. Default 256 MiB. */
  readonly maxBufferedBytes: number
  /** Most messages per second of one connection; then it is read more slowly. Default 20 000. */
  readonly messagesPerSecond: number
  /** Most bytes per second of one connection; then it is read more slowly. Default 64 MiB. */
  readonly bytesPerSecond: number
  /** A connection on which the client sends nothing for so long is ended. Milliseconds, default 120 000. */
  readonly idleTimeoutMs: number
}

const connectionDefaults: ConnectionLimits = {
  maxMessageBytes: defaultMaxMessageBytes,
  openTimeoutMs: 10_000,
  heartbeatMs: 30_000,
}

const serverDefaults: ServerLimits = {
  ...connectionDefaults,
  maxConnections: 10_000,
  maxUnopened: 1_000,
  maxConnectionsPerClient: 16,
  maxConnectionsPerAddress: 256,
  maxAnonymousCalls: 256,
  maxBufferedBytes: 2 ** 28,
  messagesPerSecond: 20_000,
  bytesPerSecond: 2 ** 26,
  idleTimeoutMs: 120_000,
}

export type Given<Limits> = { readonly [Name in keyof Limits]?: Limits[Name] | undefined }

/** @throws WatcherError `OPTION_INVALID` */
export function parseConnectionLimits(given: Given<ConnectionLimits> = {}): ConnectionLimits {
  return {
    maxMessageBytes: limit(given, connectionDefaults, 'maxMessageBytes'),
    openTimeoutMs: limit(given, connectionDefaults, 'openTimeoutMs'),
    heartbeatMs: limit(given, connectionDefaults, 'heartbeatMs'),
  }
}

/** @throws WatcherError `OPTION_INVALID` */
export function parseServerLimits(given: Given<ServerLimits> = {}): ServerLimits {
  return {
    ...parseConnectionLimits(given),
    maxConnections: limit(given, serverDefaults, 'maxConnections'),
    maxUnopened: limit(given, serverDefaults, 'maxUnopened'),
    maxConnectionsPerClient: limit(given, serverDefaults, 'maxConnectionsPerClient'),
    maxConnectionsPerAddress: limit(given, serverDefaults, 'maxConnectionsPerAddress'),
    maxAnonymousCalls: limit(given, serverDefaults, 'maxAnonymousCalls'),
    maxBufferedBytes: limit(given, serverDefaults, 'maxBufferedBytes'),
    messagesPerSecond: limit(given, serverDefaults, 'messagesPerSecond'),
    bytesPerSecond: limit(given, serverDefaults, 'bytesPerSecond'),
    idleTimeoutMs: limit(given, serverDefaults, 'idleTimeoutMs'),
  }
}

/** Timers and lengths of gRPC have 31 bits. */
const mostIn31Bits = 2 ** 30

function limit<Limits>(
  given: Given<Limits>,
  defaults: Record<keyof Limits, number>,
  name: keyof Limits & string,
): number {
  const value = given[name] ?? defaults[name]
  return Math.min(parseLimit(Number(value), name), mostIn31Bits)
}
