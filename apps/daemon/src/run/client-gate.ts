import type { ClientName } from '@perun-watcher/core'
import type { AcceptedConnection, Connection } from '@perun-watcher/protocol/adapter'

/** Who may connect; `undefined` for everybody. */
export type Allowed = ReadonlySet<ClientName> | undefined

/** The effect of a new list. */
export interface GateChange {
  readonly added: readonly ClientName[]
  readonly removed: readonly ClientName[]
  /** Connections of clients that may no longer connect. */
  readonly connectionsEnded: number
}

/** Admits clients that may connect, and disconnects those that no longer may. Their channels stay guarded. */
export interface ClientGate {
  admits(client: ClientName): boolean
  /** The same connections, without those of clients that a newer list does not allow. */
  guard(connections: AsyncIterable<AcceptedConnection>): AsyncGenerator<AcceptedConnection, void, undefined>
  /** Replaces the list. Resolves once the connections of everybody who is not on it have ended. */
  change(next: Allowed): Promise<GateChange>
}

export function clientGate(initial: Allowed): ClientGate {
  let allowed = initial
  const open = new Map<ClientName, Set<Connection>>()

  const admits = (client: ClientName): boolean => allowed === undefined || allowed.has(client)

  /** The same connection, tracked until it ends. */
  function tracked(client: ClientName, connection: Connection): Connection {
    const own = open.get(client) ?? new Set()
    open.set(client, own.add(connection))
    return {
      send: (message, options) => connection.send(message, options),
      receive: (options) => connection.receive(options),
      async [Symbol.asyncDispose]() {
        own.delete(connection)
        if (own.size === 0 && open.get(client) === own) open.delete(client)
        await connection[Symbol.asyncDispose]()
      },
    }
  }

  return {
    admits,
    async *guard(connections) {
      for await (const { client, connection, remote } of connections) {
        // The list may have changed since its key was checked.
        if (admits(client)) yield { client, connection: tracked(client, connection), remote }
        else await connection[Symbol.asyncDispose]()
      }
    },
    async change(next) {
      const before = allowed
      allowed = next
      const ending = [...open].flatMap(([client, own]) => (admits(client) ? [] : [...own]))
      await Promise.all(ending.map((connection) => connection[Symbol.asyncDispose]()))
      return { added: missingIn(before, next), removed: missingIn(next, before), connectionsEnded: ending.length }
    },
  }
}

function missingIn(list: Allowed, others: Allowed): readonly ClientName[] {
  return [...(others ?? [])].filter((client) => list?.has(client) === false)
}
