import type { ClientName } from '@perun-watcher/core'
import type { AcceptedConnection, Connection } from '@perun-watcher/protocol/adapter'
import type { AllowedClients } from '../keys/allowed-clients.ts'

/** The effect of a new list. */
export interface GateChange {
  readonly added: readonly ClientName[]
  readonly removed: readonly ClientName[]
  /** Connections of clients that may no longer connect, or not with the token that they have shown. */
  readonly connectionsEnded: number
}

/** Admits clients that may connect, and disconnects those that no longer may. Their channels stay guarded. */
export interface ClientGate {
  admits(client: ClientName): boolean
  /** The hash of the token that this client has to show; `undefined`: it may show none. */
  tokenHashOf(client: ClientName): string | undefined
  /** The same connections, without those of clients that a newer list does not allow. */
  guard(connections: AsyncIterable<AcceptedConnection>): AsyncGenerator<AcceptedConnection, void, undefined>
  /** Replaces the list. Resolves once the connections of everybody who is not on it have ended. */
  change(next: AllowedClients): Promise<GateChange>
}

export function clientGate(initial: AllowedClients): ClientGate {
  let allowed = initial
  const open = new Map<ClientName, Set<Connection>>()

  function admits(client: ClientName): boolean {
    // Names that nobody proves come only from where the configuration allows that in words; a list would keep out nobody.
    if (client.startsWith('plain:')) return true
    if (client.startsWith('token:')) return allowed.tokens.has(client)
    return allowed.listed === undefined || allowed.listed.has(client)
  }

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
    tokenHashOf: (client) => allowed.tokens.get(client),
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
      const stays = (client: ClientName): boolean =>
        admits(client) && before.tokens.get(client) === next.tokens.get(client)
      const ending = [...open].flatMap(([client, own]) => (stays(client) ? [] : [...own]))
      await Promise.all(ending.map((connection) => connection[Symbol.asyncDispose]()))
      return {
        added: [...missingIn(before.listed, next.listed), ...missingIn(before.tokens, next.tokens)],
        removed: [...missingIn(next.listed, before.listed), ...missingIn(next.tokens, before.tokens)],
        connectionsEnded: ending.length,
      }
    },
  }
}

/** Names by which somebody may connect; `undefined` for all. */
type Names = Pick<ReadonlySet<ClientName>, 'has' | 'keys'> | undefined

function missingIn(list: Names, others: Names): readonly ClientName[] {
  return [...(others?.keys() ?? [])].filter((client) => list?.has(client) === false)
}
