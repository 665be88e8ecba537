import { isIPv6, type Socket } from 'node:net'
import type { ClientName } from '@perun-watcher/core'
import type { PublicKeyHash } from '../security/tls-keys.ts'
import type { GrpcServerLimits } from '../settings/limits.ts'
import type { StreamConnection } from '../stream/stream-connection.ts'
import type { GrpcServerStats } from './server-stats.ts'

/** A socket that somebody connected, with at most one connection of a client on it. */
export interface Line {
  readonly socket: Socket
  readonly remote: string
  readonly network: string
  /** The key of the certificate that the client has shown and proved. */
  publicKey: PublicKeyHash | undefined
  /** When it was connected, or its connection ended. */
  since: number
  /** Somebody has called a service that needs no client, and may do so again. */
  isCalled: boolean
  /** A client has opened a connection here, and may still have to be told how it ended. */
  wasOpened: boolean
  opened: { readonly client: ClientName; readonly stream: StreamConnection; lastHeard: number } | undefined
}

/** All sockets of a server, and how many there are of each kind. */
export interface Lines {
  all(): Iterable<Line>
  /** `undefined`: there are too many. */
  add(socket: Socket, now: number): Line | undefined
  find(ends: SocketEnds): Line | undefined
  open(line: Line, client: ClientName, stream: StreamConnection, now: number): void
  /** The connection of a client on this line has ended. */
  end(line: Line, now: number): void
  connectionsOf(client: ClientName): number
  /** The oldest line without a connection, if there are more than allowed. */
  oldestTooMany(): Line | undefined
}

/** What tells two sockets apart. */
export interface SocketEnds {
  readonly localAddress?: string | undefined
  readonly localPort?: number | undefined
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
}

type LineLimits = Pick<GrpcServerLimits, 'maxConnections' | 'maxUnopened' | 'maxConnectionsPerAddress'>

export function newLines(limits: LineLimits, stats: GrpcServerStats): Lines {
  const lines = new Map<string, Line>()
  /** In the order in which they became so. */
  const unopened = new Set<Line>()
  const perNetwork = counter<string>()
  const perClient = counter<ClientName>()

  function markUnopened(line: Line, isUnopened: boolean): void {
    if (isUnopened) unopened.add(line)
    else unopened.delete(line)
    stats.unopened = unopened.size
  }

  function leave(line: Line): void {
    if (line.opened === undefined) return
    perClient.add(line.opened.client, -1)
    stats.connections -= 1
    line.opened = undefined
  }

  return {
    all: () => lines.values(),
    add(socket, now) {
      const network = networkOf(socket.remoteAddress ?? '')
      const isFull = lines.size >= limits.maxConnections + limits.maxUnopened
      if (isFull || perNetwork.of(network) >= limits.maxConnectionsPerAddress) return undefined
      const key = keyOf(socket)
      const remote = `${socket.remoteAddress}:${socket.remotePort}`
      const line: Line = {
        socket,
        remote,
        network,
        publicKey: undefined,
        since: now,
        isCalled: false,
        wasOpened: false,
        opened: undefined,
      }
      lines.set(key, line)
      perNetwork.add(network, 1)
      markUnopened(line, true)
      socket.once('close', () => {
        if (lines.get(key) === line) lines.delete(key)
        perNetwork.add(network, -1)
        leave(line)
        markUnopened(line, false)
      })
      return line
    },
    find: (ends) => lines.get(keyOf(ends)),
    open(line, client, stream, now) {
      markUnopened(line, false)
      line.wasOpened = true
      line.opened = { client, stream, lastHeard: now }
      perClient.add(client, 1)
      stats.connections += 1
      stats.accepted += 1
    },
    end(line, now) {
      leave(line)
      line.since = now
      line.isCalled = false
      if (!line.socket.destroyed) markUnopened(line, true)
    },
    connectionsOf: perClient.of,
    oldestTooMany() {
      const [oldest] = unopened
      return unopened.size > limits.maxUnopened ? oldest : undefined
    },
  }
}

function keyOf({ localAddress, localPort, remoteAddress, remotePort }: SocketEnds): string {
  return `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`
}

/** Whoever has one address of an IPv6 /64 network has all of them. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1]
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const before = head === '' ? [] : head.split(':')
  if (tail === undefined) return before.slice(0, 4).join(':')
  const after = tail === '' ? [] : tail.split(':')
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0')
  return [...before, ...zeros, ...after].slice(0, 4).join(':')
}

interface Counter<Key> {
  of(key: Key): number
  add(key: Key, change: 1 | -1): void
}

function counter<Key>(): Counter<Key> {
  const counts = new Map<Key, number>()
  return {
    of: (key) => counts.get(key) ?? 0,
    add(key, change) {
      const now = (counts.get(key) ?? 0) + change
      if (now > 0) counts.set(key, now)
      else counts.delete(key)
    },
  }
}
