import type { ClientName } from '@perun-watcher/core'
import type { AcceptedConnection, Connection, Connector } from '@perun-watcher/protocol/adapter'
import type { ChildProgram, Runner } from '../runner.ts'
import type { ChildProcesses } from './child-processes.ts'

/** The server's side of a transport. Disposing of it ends the iteration and all of its connections. */
export interface TransportServer extends AsyncIterable<AcceptedConnection>, AsyncDisposable {}

/** A place for one server, a new one for every test: a port, a socket file, an object. */
export interface TransportPlace extends AsyncDisposable {
  /** Starts a server. The kit runs one at a time, and may start another at the same place after closing it. */
  listen(): Promise<TransportServer>
  /** The connector of a client to the server of this place. The same number is the same client, with the same key. */
  connector(client: number): Connector
  /** The name by which the server knows the client. */
  clientName(client: number): ClientName
  /** Breaks every connection without a goodbye, as a broken cable does. New ones can be made at once. */
  cut?(): Promise<void>
  /** Tries to connect under the name of this client without its key. */
  impostor?(client: number): Connector
}

export interface TransportKitOptions extends Runner {
  /** Names the tests. */
  readonly name: string
  /** Makes a place where nobody listens yet. */
  place(): TransportPlace | Promise<TransportPlace>
  /** The longest message that both sides take, in bytes. */
  readonly maxMessageBytes: number
  /**
   * Most bytes of messages that one direction of a connection may buffer while nobody reads, all buffers on the way included.
   * Default 16 MiB.
   */
  readonly maxBufferedBytes?: number | undefined
  /** Whether places have {@link TransportPlace.cut}. */
  readonly canCut?: boolean | undefined
  /** Whether places have {@link TransportPlace.impostor}. */
  readonly canImpersonate?: boolean | undefined
  /** Calls `transportChild`. */
  readonly child?: ChildProgram | undefined
  /** Milliseconds after which a case that is stuck fails. Default 60 000. */
  readonly patienceMs?: number | undefined
}

/** What a case needs besides the contract; if it is missing, the case is skipped with the reason in its name. */
export type TransportNeed =
  /** `canCut` */
  | 'cut'
  /** `canImpersonate` */
  | 'impostor'
  /** `child` */
  | 'child'

/** Both ends of one connection. */
export interface Pair {
  readonly client: Connection
  readonly server: Connection
}

export interface TransportContext {
  readonly place: TransportPlace
  readonly maxMessageBytes: number
  readonly maxBufferedBytes: number
  readonly child: ChildProgram | undefined
  /** Starts a process, which is killed after the test at the latest. */
  readonly startProcess: ChildProcesses['start']
  /** Starts a server; closed after the test. */
  listen(): Promise<RunningServer>
}

export interface RunningServer extends AsyncDisposable {
  /** The next connection that the server takes; `undefined` once it takes no more. */
  next(): Promise<AcceptedConnection | undefined>
  /** Connects a client and takes the connection. Nobody else connects meanwhile. Default: client 0. */
  pair(client?: number): Promise<Pair>
}

export interface TransportCase {
  readonly name: string
  readonly needs?: readonly TransportNeed[]
  run(context: TransportContext): Promise<void>
}
