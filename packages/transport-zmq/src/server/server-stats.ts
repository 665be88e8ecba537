import type { ErrorCode } from '@perun-watcher/core'

/** Numbers for metrics; they change while the server runs. */
export interface ZmqServerStats {
  /** Connections that are open now. */
  connections: number
  /** Peers that have not opened a connection yet. */
  unopened: number
  /** Peers whose connection has ended but who have not disconnected; what they send is dropped. */
  lingering: number
  /** Connections opened since the start. */
  accepted: number
  /** Clients whose public key was not authorised, since the start. */
  unauthorised: number
  /** Connections that the server ended, by code, since the start. */
  refused: Partial<Record<ErrorCode, number>>
  /** Bytes that wait to be read now on all connections; each message counts 1 KiB more than its length. */
  bufferedBytes: number
}

export function newStats(): ZmqServerStats {
  return {
    connections: 0,
    unopened: 0,
    lingering: 0,
    accepted: 0,
    unauthorised: 0,
    refused: {},
    bufferedBytes: 0,
  }
}
