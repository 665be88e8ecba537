import { type ClientName, type Clock, isWatcherError, type Logger, toError, WatcherError } from '@perun-watcher/core'
import type { AcceptedConnection } from '@perun-watcher/protocol'
import { decodeFrame, encodeFrame, type Frame, frameVersion } from './frames.ts'
import { intakeGuard } from './intake.ts'
import type { ServerLimits } from './limits.ts'
import { type Link, lost, openLink } from './link.ts'
import type { ZmqServerStats } from './server-stats.ts'
import { longestFor, windowFor } from './window.ts'

/** Somebody at the other end of the socket. */
interface Peer {
  readonly routingId: Buffer
  readonly since: number
  lastHeard: number
  /** Once the connection was opened. */
  opened?: { readonly client: ClientName; readonly link: Link }
}

interface PeersOptions {
  readonly limits: ServerLimits
  readonly clock: Clock
  readonly logger: Logger
  readonly stats: ZmqServerStats
  /** Rejects if the peer is gone or does not read. */
  readonly send: (routingId: Buffer, frame: Uint8Array) => Promise<void>
  readonly expel: (routingId: Buffer) => void
  /** Who it is; throws a WatcherError to refuse. */
  readonly identify: (credentials: Uint8Array, routingId: Uint8Array) => ClientName
  readonly onAccepted: (connection: AcceptedConnection) => void
}

export interface Peers {
  /** Takes what the ROUTER received: a routing id and the frames of one message. */
  handle(routingId: Buffer, frames: readonly Buffer[]): void
  /** Ends the connections that are not opened in time or say nothing. */
  sweep(): void
  /** Ends all connections in order. */
  endAll(): Promise<void>
}

/** All peers of a server, from their coming to their going. */
export function serverPeers(options: PeersOptions): Peers {
  const { limits, clock, logger, stats, send } = options
  const peers = new Map<string, Peer>()
  /** In the order in which they came. */
  const unopened = new Set<Peer>()
  const connectionsOf = new Map<ClientName, number>()
  const inWindow = windowFor(limits.maxMessageBytes)

  function forget(peer: Peer): void {
    if (!peers.delete(keyOf(peer.routingId))) return
    unopened.delete(peer)
    if (peer.opened !== undefined) {
      const left = (connectionsOf.get(peer.opened.client) ?? 0) - 1
      if (left > 0) connectionsOf.set(peer.opened.client, left)
      else connectionsOf.delete(peer.opened.client)
    }
    stats.connections = peers.size - unopened.size
    stats.unopened = unopened.size
  }

  /** Forgets a peer and cuts it off if it is still there, with a last word. */
  async function drop(peer: Peer, farewell = encodeFrame({ kind: 'end', reason: undefined })): Promise<void> {
    forget(peer)
    try {
      await send(peer.routingId, farewell)
    } catch (error) {
      if (isGone(error)) return
    }
    try {
      options.expel(peer.routingId)
    } catch (error) {
      // It stays connected, but nobody listens to it any more.
      logger.debug('A ZeroMQ peer could not be cut off', { error: String(error) })
    }
  }

  /** Ends a connection from this side and says why. */
  function refuse(peer: Peer, reason: WatcherError): void {
    stats.refused[reason.code] = (stats.refused[reason.code] ?? 0) + 1
    logger.debug('A ZeroMQ connection was ended', { code: reason.code, reason: reason.shortMessage })
    if (peer.opened === undefined) void drop(peer, encodeFrame({ kind: 'end', reason }))
    else void peer.opened.link.end(reason)
  }

  function come(routingId: Buffer): void {
    const now = clock.now()
    const peer: Peer = { routingId, since: now, lastHeard: now }
    peers.set(keyOf(routingId), peer)
    unopened.add(peer)
    stats.unopened = unopened.size
    const [oldest] = unopened
    if (unopened.size > limits.maxUnopened && oldest !== undefined) {
      refuse(oldest, new WatcherError('OVERLOADED', 'Too many connections wait to be opened.'))
    }
  }

  function go(peer: Peer): void {
    if (peer.opened === undefined) void drop(peer)
    else peer.opened.link.lose(lost('The client is gone.'))
  }

  function open(peer: Peer, frame: Frame & { readonly kind: 'open' }): void {
    if (frame.version !== frameVersion) {
      throw new WatcherError('PROTOCOL_VERSION', `The ZeroMQ frames have version ${frameVersion} here.`)
    }
    if (longestFor(frame.window) < 0) {
      throw new WatcherError('PROTOCOL_VIOLATION', 'The window of the client has no room for any message.')
    }
    const client = options.identify(frame.credentials, peer.routingId)
    const ofClient = connectionsOf.get(client) ?? 0
    if (ofClient >= limits.maxConnectionsPerClient) {
      throw new WatcherError('OVERLOADED', 'The client has too many connections.')
    }
    if (stats.connections >= limits.maxConnections) {
      throw new WatcherError('OVERLOADED', 'The watcher has too many connections.')
    }
    const link = openLink({
      transmit: (bytes) => send(peer.routingId, bytes),
      // What the client allows, but not more than may wait here for a client that does not read.
      outWindow: Math.min(frame.window, inWindow),
      inWindow,
      guard: intakeGuard({
        limits,
        clock,
        totals: stats,
        onOverflow: () => refuse(peer, new WatcherError('OVERLOADED', 'Too much waits to be read.')),
      }),
      onOver: (farewell) => drop(peer, farewell),
    })
    peer.opened = { client, link }
    unopened.delete(peer)
    connectionsOf.set(client, ofClient + 1)
    stats.accepted += 1
    stats.connections = peers.size - unopened.size
    stats.unopened = unopened.size
    send(peer.routingId, encodeFrame({ kind: 'opened', version: frameVersion, window: inWindow })).catch(
      (error: unknown) => link.lose(lost('The client left while it came.', toError(error))),
    )
    options.onAccepted({ client, connection: link.connection })
  }

  function take(peer: Peer, bytes: Buffer): void {
    const frame = decodeFrame(bytes)
    if (peer.opened !== undefined) peer.opened.link.deliver(frame)
    else if (frame.kind === 'open') open(peer, frame)
    // A client whose socket connected again by itself, perhaps: it has to begin anew.
    else throw lost('The connection is not open here.')
  }

  function takeOrRefuse(peer: Peer, frames: readonly Buffer[]): void {
    peer.lastHeard = clock.now()
    const [bytes] = frames
    try {
      if (bytes === undefined || frames.length > 1) {
        throw new WatcherError('PROTOCOL_VIOLATION', 'A message has exactly one frame.')
      }
      take(peer, bytes)
    } catch (error) {
      if (!isWatcherError(error)) logger.error('A ZeroMQ connection failed', {}, error)
      refuse(peer, isWatcherError(error) ? error : new WatcherError('SERVER_FAILED', 'The watcher failed.'))
    }
  }

  return {
    handle(routingId, frames) {
      const peer = peers.get(keyOf(routingId))
      const isComingOrGoing = frames.length === 1 && frames[0]?.length === 0
      if (peer !== undefined) {
        if (isComingOrGoing) go(peer)
        else takeOrRefuse(peer, frames)
      } else if (isComingOrGoing) come(routingId)
      // Anything else of nobody is what a peer that was cut off had sent before.
    },
    sweep() {
      const now = clock.now()
      for (const peer of peers.values()) {
        if (peer.opened === undefined && now - peer.since >= limits.openTimeoutMs) {
          refuse(peer, lost('The connection was not opened in time.'))
        } else if (now - peer.lastHeard >= limits.idleTimeoutMs) {
          refuse(peer, lost('Nothing was heard of the client for too long.'))
        }
      }
    },
    async endAll() {
      const all = [...peers.values()]
      await Promise.all(all.map((peer) => peer.opened?.link.end()))
    },
  }
}

/** What libzmq says of a routing id that nobody has. */
function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EHOSTUNREACH'
}

function keyOf(routingId: Buffer): string {
  return routingId.toString('latin1')
}
