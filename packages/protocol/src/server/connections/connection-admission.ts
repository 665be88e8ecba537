import { type ClientName, WatcherError } from '@perun-watcher/core'
import type { AcceptedConnection } from '../../transport/connection.ts'
import { errorForClient, shuttingDown } from '../requests/error-for-client.ts'
import type { ServeLimits } from '../settings/serve-limits.ts'
import type { ServeOptions } from '../settings/serve-options.ts'
import type { ServedConnection } from './served-connection.ts'

/** Which connections there are, and which are let in. */
export interface ConnectionAdmission {
  /** All of them, including those that are turned away until they are gone. */
  readonly connections: ReadonlySet<ServedConnection>
  /** How many clients have a connection that counts. */
  readonly clients: number
  admit(accepted: AcceptedConnection): void
  /** From here on every connection is turned away. */
  close(): void
}

export interface ConnectionAdmissionDeps {
  readonly limits: ServeLimits
  readonly open: (accepted: AcceptedConnection) => ServedConnection
  readonly admitConnection: ServeOptions['admitConnection']
}

/** One client's connections. */
interface ClientConnections {
  /** Those that count. */
  readonly counted: Set<CountedConnection>
  /** The last one that had to make room, until its Goodbye is taken. */
  leaving: ServedConnection | undefined
}

/** A connection that counts until it is released. */
interface CountedConnection {
  readonly connection: ServedConnection
  readonly release: () => void
}

/** Most connections that wait at one time for their Goodbye to be taken; further ones are dropped without one. */
const mostTurnedAway = 100

export function connectionAdmission({ limits, open, admitConnection }: ConnectionAdmissionDeps): ConnectionAdmission {
  const connections = new Set<ServedConnection>()
  const byClient = new Map<ClientName, ClientConnections>()
  let turnedAway = 0
  let isClosed = false

  function serve(accepted: AcceptedConnection): ServedConnection {
    const served = open(accepted)
    connections.add(served)
    void served.done.then(() => connections.delete(served))
    return served
  }

  function turnAway(accepted: AcceptedConnection, why: WatcherError): void {
    if (turnedAway >= mostTurnedAway) {
      void accepted.connection[Symbol.asyncDispose]()
      return
    }
    turnedAway += 1
    const served = serve(accepted)
    served.end(why)
    void served.done.then(() => {
      turnedAway -= 1
    })
  }

  /**
   * Counts one more connection of a client; where that is too many, the one that was silent longest gives way.
   *
   * @returns ends the counting.
   */
  function count(client: ClientName, own: ClientConnections): () => void {
    if (own.counted.size >= limits.maxConnectionsPerClient) endMostSilent(own)
    try {
      return countOnce(client)
    } catch (error) {
      if (own.counted.size === 0) throw error
      endMostSilent(own)
      return countOnce(client)
    }
  }

  function countOnce(client: ClientName): () => void {
    const admitted = admitConnection?.(client)
    return () => admitted?.release()
  }

  function accept(accepted: AcceptedConnection): void {
    const { client } = accepted
    const own = byClient.get(client) ?? { counted: new Set(), leaving: undefined }
    const release = count(client, own)
    byClient.set(client, own)
    const counted = { connection: serve(accepted), release }
    own.counted.add(counted)
    void counted.connection.done.then(() => {
      release()
      own.counted.delete(counted)
      if (own.leaving === counted.connection) own.leaving = undefined
      if (own.counted.size === 0 && byClient.get(client) === own) byClient.delete(client)
    })
  }

  function admit(accepted: AcceptedConnection): void {
    if (isClosed) throw shuttingDown()
    if (connections.size - turnedAway >= limits.maxConnections) throw full('Too many connections.')
    accept(accepted)
  }

  return {
    connections,
    get clients() {
      return byClient.size
    },
    admit(accepted) {
      try {
        admit(accepted)
      } catch (error) {
        turnAway(accepted, errorForClient(error))
      }
    },
    close() {
      isClosed = true
    },
  }
}

/** Ends the connection most likely to be dead without knowing it. One Goodbye at a time: they must not pile up. */
function endMostSilent(own: ClientConnections): void {
  const [first, ...rest] = own.counted
  if (first === undefined) return
  const silent = rest.reduce(
    (most, each) => (each.connection.lastHeard < most.connection.lastHeard ? each : most),
    first,
  )
  own.counted.delete(silent)
  silent.release()
  silent.connection.end(full('A newer connection of the same client takes the place of this one.'))
  own.leaving?.drop()
  own.leaving = silent.connection
}

const full = (message: string): WatcherError => new WatcherError('OVERLOADED', message)
