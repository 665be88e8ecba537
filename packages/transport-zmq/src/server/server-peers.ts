import { type ClientName, type Clock, isWatcherError, type Logger, WatcherError } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import { type AcceptedConnection, receiveLimiter, type ServerLimits } from '@perun-watcher/protocol/adapter'
import { type FrameConnection, frameConnection, lost } from '../frames/frame-connection.ts'
import { decodeFrame, encodeFrame, type Frame, frameVersion } from '../frames/frames.ts'
import { longestFor, windowFor } from '../frames/window.ts'
import { type Peer, peerTable } from './peer-table.ts'
import type { ZmqServerStats } from './server-stats.ts'

interface PeersOptions {
  readonly limits: ServerLimits
  readonly clock: Clock
  readonly logger: Logger
  readonly stats: ZmqServerStats
  /** Rejects if the peer is gone or does not read. */
  readonly send: (routingId: Buffer, frame: Uint8Array) => Promise<void>
  /** Authenticates a client; throws a WatcherError to refuse it. */
  readonly identify: (credentials: Uint8Array, routingId: Uint8Array) => ClientName
  readonly onAccepted: (connection: AcceptedConnection) => void
}

export interface Peers {
  /** Processes what the ROUTER received: a routing id, then the frames of one message. */
  handle(parts: readonly Buffer[]): void
  /** Ends connections that were not opened in time or have been silent for too long. */
  sweep(): void
  /** Ends all connections in order. */
  endAll(): Promise<void>
}

/** All peers of a server, from connecting to disconnecting. */
export function serverPeers({ limits, clock, logger, stats, send, identify, onAccepted }: PeersOptions): Peers {
  const table = peerTable(stats)
  const inWindow = windowFor(limits.maxMessageBytes)

  /** Best effort: the peer may be gone, or may not read. */
  async function sendLast(peer: Peer, lastFrame: Uint8Array): Promise<void> {
    await send(peer.routingId, lastFrame).catch(() => {})
  }

  /** Ends a connection from this side, with the reason. */
  function refuse(peer: Peer, reason: WatcherError): void {
    stats.refused[reason.code] = (stats.refused[reason.code] ?? 0) + 1
    logger.debug('A ZeroMQ connection was ended', { code: reason.code, reason: reason.shortMessage })
    if (peer.state.type === 'opened') void peer.state.connection.end(reason)
    else {
      table.end(peer)
      void sendLast(peer, encodeFrame({ kind: 'end', reason }))
    }
  }

  function onConnect(routingId: Buffer): void {
    table.add(routingId, clock.now())
    const oldest = table.oldestUnopened(limits.maxUnopened)
    if (oldest !== undefined) refuse(oldest, new WatcherError('OVERLOADED', 'Too many connections wait to be opened.'))
  }

  function onDisconnect(peer: Peer): void {
    if (peer.state.type === 'opened') peer.state.connection.lose(lost('The client is gone.'))
    table.remove(peer)
  }

  /** @throws WatcherError why the connection must not be opened */
  function admit(peer: Peer, frame: Frame & { readonly kind: 'open' }): ClientName {
    if (frame.version !== frameVersion) {
      throw new WatcherError('PROTOCOL_VERSION', `The ZeroMQ frames have version ${frameVersion} here.`)
    }
    if (longestFor(frame.window) < 0) {
      throw new WatcherError('PROTOCOL_VIOLATION', 'The window of the client has no room for any message.')
    }
    const client = identify(frame.credentials, peer.routingId)
    if (table.connectionsOf(client) >= limits.maxConnectionsPerClient) {
      throw new WatcherError('OVERLOADED', 'The client has too many connections.')
    }
    if (stats.connections >= limits.maxConnections) {
      throw new WatcherError('OVERLOADED', 'The watcher has too many connections.')
    }
    return client
  }

  function connectionTo(peer: Peer, clientWindow: number): FrameConnection {
    const onOverflow = (): void => refuse(peer, new WatcherError('OVERLOADED', 'Too much waits to be read.'))
    return frameConnection({
      transmit: (bytes) => send(peer.routingId, bytes),
      isGone,
      // The client's window, but no more than may pile up here for a client that does not read.
      outWindow: Math.min(clientWindow, inWindow),
      inWindow,
      limiter: receiveLimiter({ limits, clock, totals: stats, onOverflow }),
      async onOver(lastFrame) {
        table.end(peer)
        if (lastFrame !== undefined) await sendLast(peer, lastFrame)
      },
    })
  }

  function open(peer: Peer, frame: Frame & { readonly kind: 'open' }): void {
    const client = admit(peer, frame)
    const opened = connectionTo(peer, frame.window)
    table.open(peer, client, opened)
    send(peer.routingId, encodeFrame({ kind: 'opened', version: frameVersion, window: inWindow })).catch(
      (error: unknown) => {
        if (!isGone(error)) opened.lose(lost('The client does not read.', toError(error)))
      },
    )
    onAccepted({ client, connection: opened.connection })
  }

  function take(peer: Peer, bytes: Buffer): void {
    const frame = decodeFrame(bytes)
    if (peer.state.type === 'opened') peer.state.connection.deliver(frame)
    else if (frame.kind === 'open') open(peer, frame)
    // Perhaps a client whose socket has reconnected by itself: it has to open a new connection.
    else throw lost('The connection is not open here.')
  }

  /** @param bytes the message's frame, if it has exactly one. */
  function takeOrRefuse(peer: Peer, bytes: Buffer | undefined): void {
    peer.lastHeard = clock.now()
    try {
      if (bytes === undefined) throw new WatcherError('PROTOCOL_VIOLATION', 'A message has exactly one frame.')
      take(peer, bytes)
    } catch (error) {
      if (!isWatcherError(error)) logger.error('A ZeroMQ connection failed', {}, error)
      refuse(peer, isWatcherError(error) ? error : new WatcherError('SERVER_FAILED', 'The watcher failed.'))
    }
  }

  return {
    handle(parts) {
      // Hot: by index, because a rest pattern would allocate an array per message.
      const routingId = parts[0]
      if (routingId === undefined) return
      const bytes = parts.length === 2 ? parts[1] : undefined
      const peer = table.find(routingId)
      const isComingOrGoing = bytes?.length === 0
      if (peer === undefined) {
        // A peer that sent an empty message without disconnecting has lost its entry.
        if (isComingOrGoing) onConnect(routingId)
      } else if (isComingOrGoing) onDisconnect(peer)
      else if (peer.state.type !== 'ended') takeOrRefuse(peer, bytes)
    },
    sweep() {
      const now = clock.now()
      for (const peer of table.all()) {
        if (peer.state.type === 'unopened' && now - peer.since >= limits.openTimeoutMs) {
          refuse(peer, lost('The connection was not opened in time.'))
        } else if (peer.state.type === 'opened' && now - peer.lastHeard >= limits.idleTimeoutMs) {
          refuse(peer, lost('Nothing was heard of the client for too long.'))
        }
      }
    },
    async endAll() {
      const open = [...table.all()].flatMap(({ state }) => (state.type === 'opened' ? [state.connection] : []))
      await Promise.all(open.map((opened) => opened.end()))
    },
  }
}

/** libzmq's error for a routing id that no peer has any more. */
function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EHOSTUNREACH'
}
