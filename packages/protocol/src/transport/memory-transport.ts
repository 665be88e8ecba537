import { type ClientName, WatcherError } from '@perun-watcher/core'
import { tooLarge } from '../wire/decode.ts'
import type { AcceptedConnection, Connection, Connector } from './connection.ts'
import { type Pipe, pipe } from './pipe.ts'

export interface MemoryTransportOptions {
  /** Most messages that wait for their reader, per connection and direction; then `send` waits. Default 16. */
  readonly capacity?: number | undefined
  /** Longest message, in bytes. Default: only the server's limit applies. */
  readonly maxMessageBytes?: number | undefined
}

/** Clients and a server in one process: for tests, and as an example of a transport. */
export interface MemoryTransport {
  /** The connector of a client. It resolves once there is room in the server's backlog. */
  connect(client: ClientName): Connector
  /** The server's end. One reader at a time. */
  readonly accepted: AsyncIterable<AcceptedConnection>
  /** Breaks connections as a network would: both sides see `CONNECTION_LOST`, and messages in transit are lost. */
  cut(client?: ClientName): void
  /** Ends `accepted`; nobody can connect any more. Open connections stay open. */
  close(): void
}

const defaultCapacity = 16

interface MemoryConnection {
  readonly client: ClientName
  readonly pipes: readonly Pipe<Uint8Array>[]
}

const lost = (message: string): WatcherError => new WatcherError('CONNECTION_LOST', message)

export function memoryTransport(options: MemoryTransportOptions = {}): MemoryTransport {
  const { capacity = defaultCapacity, maxMessageBytes = Number.POSITIVE_INFINITY } = options
  const open = new Set<MemoryConnection>()
  const backlog = pipe<AcceptedConnection>(capacity)

  function end(connection: MemoryConnection, incoming: Pipe<Uint8Array>, outgoing: Pipe<Uint8Array>): Connection {
    async function close(): Promise<void> {
      open.delete(connection)
      incoming.drop()
      outgoing.end()
    }
    return {
      async send(message, sendOptions) {
        if (message.length > maxMessageBytes) throw tooLarge(message.length, maxMessageBytes)
        // A copy, as a network makes one.
        await outgoing.put(message.slice(), sendOptions)
      },
      receive: (receiveOptions) => incoming.take(receiveOptions),
      [Symbol.asyncDispose]: close,
    }
  }

  return {
    connect: (client) => async (connectOptions) => {
      const toServer = pipe<Uint8Array>(capacity)
      const toClient = pipe<Uint8Array>(capacity)
      const connection = { client, pipes: [toServer, toClient] }
      await backlog.put(
        { client, connection: end(connection, toServer, toClient), remote: 'this process' },
        connectOptions,
      )
      open.add(connection)
      return end(connection, toClient, toServer)
    },
    accepted: {
      async *[Symbol.asyncIterator]() {
        for (let next = await backlog.take(); next !== undefined; next = await backlog.take()) yield next
      },
    },
    cut(client) {
      for (const connection of open) {
        if (client !== undefined && connection.client !== client) continue
        open.delete(connection)
        for (const each of connection.pipes) each.break(lost('The connection was cut.'))
      }
    },
    close: () => backlog.end(),
  }
}
