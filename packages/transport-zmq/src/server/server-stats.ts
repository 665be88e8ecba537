import type { ErrorCode } from '@perun-watcher/core'

/** Numbers for metrics; they change while the server runs. */
export interface ZmqServerStats {
  /** Connections that are open now. */
  connections: number
  /** Peers that have not opened a connection yet. */
  unopened: number
  /** Peers that were told the end of their connection and have not left; what they send is dropped. */
  lingering: number
  /** Connections opened since the start. */
  accepted: number
  /** Clients whose public key was not authorised, since the start. */
  unauthorised: number
  /** Connections that the server ended, by code, since the start. */
  refused: Partial<Record<ErrorCode, number>>
  /** What waits to be read now, of all connections; each message counts 1 KiB more than it has. */
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
