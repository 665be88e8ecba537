import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Clock } from '@perun-watcher/core'
import type { ServerSecurity } from '../security/security.ts'
import { type PublicKeyHash, publicKeyHash } from '../security/tls-keys.ts'
import type { GrpcServerLimits } from '../settings/limits.ts'
import type { Lines } from './lines.ts'
import { tlsWrapper } from './listen.ts'
import type { GrpcServerStats } from './server-stats.ts'

interface SocketEntranceOptions {
  readonly security: ServerSecurity
  readonly limits: GrpcServerLimits
  readonly lines: Lines
  readonly stats: GrpcServerStats
  readonly clock: Clock
  /** Hands a socket to gRPC. */
  readonly inject: (socket: Duplex) => void
}

/** What happens to every socket that somebody connects: it is counted, TLS is put on it, and gRPC gets it. */
export function socketEntrance(options: SocketEntranceOptions): (socket: Socket) => void {
  const { security, limits, lines, stats, clock, inject } = options

  function onSecure(socket: TLSSocket): void {
    const line = lines.find(socket)
    if (line === undefined) return void socket.destroy()
    line.publicKey = publicKeyOf(socket)
    inject(socket)
  }

  const next = 'plaintext' in security ? inject : tlsWrapper(security.keys, limits.openTimeoutMs, onSecure)

  return (socket) => {
    // A broken socket is closed as well, which is all that counts.
    socket.on('error', () => {})
    if (lines.add(socket, clock.now()) === undefined) {
      stats.turnedAway += 1
      socket.destroy()
      return
    }
    lines.oldestTooMany()?.socket.destroy()
    next(socket)
  }
}

/** The key that the client has proved; `undefined`: none, or one of a kind that is unknown here. */
function publicKeyOf(socket: TLSSocket): PublicKeyHash | undefined {
  try {
    const certificate = socket.getPeerX509Certificate()
    return certificate === undefined ? undefined : publicKeyHash(certificate)
  } catch {
    return undefined
  }
}
