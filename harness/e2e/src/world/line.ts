import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** Which way bytes go. */
export type Direction = 'up' | 'down'

/** What becomes of the bytes that go through, piece by piece: the pieces that go on in its place. */
export type Change = (piece: Buffer, direction: Direction) => readonly Buffer[]

/** A line between clients and the daemon, on which everything can happen that happens to lines. */
export interface Line extends AsyncDisposable {
  readonly port: number
  /** Where it leads; `undefined`: nobody answers. */
  target: number | undefined
  /** Milliseconds that every piece takes. */
  delayMs: number
  /** What becomes of the bytes. */
  change: Change | undefined
  /** How many connections were made so far. */
  readonly opened: number
  /** Breaks every connection that goes through. */
  cut(): void
  /**
   * Nothing goes through any more on the connections that there are, and nobody is told, as where a router forgot them.
   *
   * @param direction only that way; default: both.
   */
  stall(direction?: Direction): void
}

interface Way {
  isStalled: boolean
}

export async function openLine(): Promise<Line> {
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
      if (line.delayMs > 0) await pause(line.delayMs)
      if (!way.isStalled) await write(to, line.change?.(piece, direction) ?? [piece])
    }
    if (!way.isStalled) to.end()
  }

  const server = createServer((incoming) => {
    keep(incoming)
    if (line.target === undefined) return void incoming.destroy()
    opened += 1
    const outgoing = keep(connect(line.target, '127.0.0.1'))
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

  const line: Line = {
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
      line.cut()
      server.close()
      await once(server, 'close')
    },
  }
  return line
}

async function write(to: Socket, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) if (!to.write(piece)) await once(to, 'drain')
}
