import type { ClientName } from '@perun-watcher/core'
import type { FrameConnection } from '../frames/frame-connection.ts'
import type { ZmqServerStats } from './server-stats.ts'

/** A client that is connected to the socket. */
export interface Peer {
  readonly routingId: Buffer
  readonly since: number
  lastHeard: number
  state:
    | { readonly type: 'unopened' }
    | { readonly type: 'opened'; readonly client: ClientName; readonly connection: FrameConnection }
    /** One of the sides has ended the connection; libzmq offers no way to disconnect the peer. */
    | { readonly type: 'ended' }
}

/** The connected peers by routing id, and how many there are in each state. */
export interface PeerTable {
  find(routingId: Buffer): Peer | undefined
  all(): Iterable<Peer>
  add(routingId: Buffer, now: number): void
  open(peer: Peer, client: ClientName, connection: FrameConnection): void
  end(peer: Peer): void
  remove(peer: Peer): void
  connectionsOf(client: ClientName): number
  /** The oldest peer without an open connection, if there are more than `limit` of them. */
  oldestUnopened(limit: number): Peer | undefined
}

export function peerTable(stats: ZmqServerStats): PeerTable {
  const peers = new Map<string, Peer>()
  /** In the order in which they connected. */
  const unopened = new Set<Peer>()
  const connections = new Map<ClientName, number>()

  function count(client: ClientName, change: 1 | -1): void {
    const now = (connections.get(client) ?? 0) + change
    if (now > 0) connections.set(client, now)
    else connections.delete(client)
    stats.connections += change
  }

  function leaveState(peer: Peer): void {
    unopened.delete(peer)
    stats.unopened = unopened.size
    if (peer.state.type === 'opened') count(peer.state.client, -1)
    if (peer.state.type === 'ended') stats.lingering -= 1
  }

  return {
    find: (routingId) => peers.get(keyOf(routingId)),
    all: () => peers.values(),
    add(routingId, now) {
      const peer: Peer = { routingId, since: now, lastHeard: now, state: { type: 'unopened' } }
      peers.set(keyOf(routingId), peer)
      unopened.add(peer)
      stats.unopened = unopened.size
    },
    open(peer, client, connection) {
      leaveState(peer)
      peer.state = { type: 'opened', client, connection }
      count(client, 1)
      stats.accepted += 1
    },
    end(peer) {
      // A peer that has disconnected already is not added again.
      if (!peers.has(keyOf(peer.routingId))) return
      leaveState(peer)
      peer.state = { type: 'ended' }
      stats.lingering += 1
    },
    remove(peer) {
      leaveState(peer)
      peers.delete(keyOf(peer.routingId))
    },
    connectionsOf: (client) => connections.get(client) ?? 0,
    oldestUnopened(limit) {
      const [oldest] = unopened
      return unopened.size > limit ? oldest : undefined
    },
  }
}

function keyOf(routingId: Buffer): string {
  return routingId.toString('latin1')
}
