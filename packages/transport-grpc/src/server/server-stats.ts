import type { ErrorCode } from '@perun-watcher/core'

/** Numbers for metrics; they change while the server runs. */
export interface GrpcServerStats {
  /** Connections of clients that are open now. */
  connections: number
  /** Sockets on which no client has opened a connection yet, or whose connection has ended. */
  unopened: number
  /** Calls of the health and the reflection service now. */
  anonymousCalls: number
  /** Connections opened since the start. */
  accepted: number
  /** Clients whose certificate or token was not admitted, since the start. */
  unauthorised: number
  /** Sockets that were closed at once because there were too many, altogether or from one address, since the start. */
  turnedAway: number
  /** Connections that the server ended or refused, by code, since the start. */
  refused: Partial<Record<ErrorCode, number>>
  /** Bytes that wait to be read now on all connections; each message counts 256 more than its length. */
  bufferedBytes: number
}

export function newStats(): GrpcServerStats {
  return {
    connections: 0,
    unopened: 0,
    anonymousCalls: 0,
    accepted: 0,
    unauthorised: 0,
    turnedAway: 0,
    refused: {},
    bufferedBytes: 0,
  }
}

export function countRefusal({ refused }: GrpcServerStats, code: ErrorCode): void {
  refused[code] = (refused[code] ?? 0) + 1
}
