import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** Which way bytes go. */
export type Direction = 'up' | 'down'

/** Replaces a piece of what goes through by the pieces that are passed on in its place. */
export type Change = (piece: Buffer, direction: Direction) => readonly Buffer[]

/** A proxy between clients and the daemon that can do to connections whatever a network does. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** The port it forwards to; `undefined`: connections are closed at once. */
  target: number | undefined
  /** Milliseconds by which every piece is delayed. */
  delayMs: number
  /** Applied to every piece. */
  change: Change | undefined
  /** How many connections have been accepted so far. */
  readonly opened: number
  /** Breaks every open connection. */
  cut(): void
  /**
   * From now on the open connections carry nothing, and neither end learns of it, as when a router has dropped their state.
   *
   * @param direction Only in this direction. Default: both.
   */
  stall(direction?: Direction): void
}

interface Way {
  isStalled: boolean
}

export async function startTcpProxy(): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  const ways = { up: new Set<Way>(), down: new Set<Way>() }
  let opened = 0

  function keep(socket: Socket): Socket {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // Broken connections are what it is there for.
    socket.on('error', () => {})
    return socket
  }

  /** In order, however long a piece takes. */
  async function forward(from: Socket, to: Socket, direction: Direction): Promise<void> {
    const way: Way = { isStalled: false }
    ways[direction].add(way)
    from.once('close', () => ways[direction].delete(way))
    for await (const piece of from) {
      if (proxy.delayMs > 0) await pause(proxy.delayMs)
      if (!way.isStalled) await write(to, proxy.change?.(piece, direction) ?? [piece])
    }
    if (!way.isStalled) to.end()
  }

  const server = createServer((incoming) => {
    keep(incoming)
    if (proxy.target === undefined) return void incoming.destroy()
    opened += 1
    const outgoing = keep(connect(proxy.target, '127.0.0.1'))
    const end = (): void => {
      incoming.destroy()
      outgoing.destroy()
    }
    for (const way of [forward(incoming, outgoing, 'up'), forward(outgoing, incoming, 'down')]) way.catch(end)
    incoming.on('close', end)
    outgoing.on('close', end)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()

  const proxy: TcpProxy = {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    target: undefined,
    delayMs: 0,
    change: undefined,
    get opened() {
      return opened
    },
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    stall(direction) {
      const stalled = direction === undefined ? [...ways.up, ...ways.down] : ways[direction]
      for (const way of stalled) way.isStalled = true
    },
    async [Symbol.asyncDispose]() {
      proxy.cut()
      server.close()
      await once(server, 'close')
    },
  }
  return proxy
}

async function write(to: Socket, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) if (!to.write(piece)) await once(to, 'drain')
}
