import type { ClientName, Clock, ErrorCode, Logger } from '@perun-watcher/core'
import type { AcceptedConnection } from '@perun-watcher/protocol/adapter'
import type { Config } from '../config/schema.ts'
import type { OwnKeys } from '../keys/own-keys.ts'

/** The ways by which clients come, as metrics name them. */
export type TransportName = 'zmq' | 'grpc'

/** What every transport counts. */
export interface TransportStats {
  /** Connections that are open now. */
  readonly connections: number
  /** Clients whose key or token was not admitted, since the start. */
  readonly unauthorised: number
  /** Connections that the transport refused or ended, by code, since the start. */
  readonly refused: Readonly<Partial<Record<ErrorCode, number>>>
  /** Sockets that were closed unread because there were too many, since the start; where sockets are counted. */
  readonly turnedAway?: number
}

/** Where clients come in by one transport. */
export interface ClientTransport extends AsyncIterable<AcceptedConnection> {
  readonly name: TransportName
  /** Where it listens, with the ports that the machine chose. */
  readonly addresses: readonly string[]
  readonly stats: TransportStats
  /** Where it can be asked over this transport whether the watcher is ready: what is said from now on. */
  tellReady?(isReady: boolean): void
  /** Stops listening, and ends all connections. */
  close(): Promise<void>
}

/** A transport that the configuration asks for: its keys are read and checked, and nothing is open yet. */
export interface TransportPlan {
  readonly name: TransportName
  /** By which clients know their watcher; `undefined` without encryption. */
  readonly publicKey: string | undefined
  /** @throws WatcherError `OPTION_INVALID`, `PLAINTEXT_REFUSED` or `ADDRESS_UNUSABLE` */
  open(): Promise<ClientTransport>
}

/** What every transport is made of. */
export interface TransportOptions {
  readonly listen: Config['listen']
  readonly keys: Pick<OwnKeys, 'curve' | 'tls'>
  /** Whether a client that has proved its key may connect. */
  readonly admits: (client: ClientName) => boolean
  /** The hash of the token that a client has to show; `undefined`: it may show none. */
  readonly tokenHashOf: (client: ClientName) => string | undefined
  readonly maxConnectionsPerClient: number
  readonly clock: Clock
  readonly logger: Logger
}
