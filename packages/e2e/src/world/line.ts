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
  /** Connections that go through at the moment. */
  readonly connections: number
  /** Breaks every connection that goes through. */
  cut(): void
  /** Every connection stays, also new ones, and nothing goes through, as where a network lost its way without a word. */
  stall(): void
  /** Ends the stall for connections that come from now on; what was stalled is dead, as after a new NAT mapping. */
  heal(): void
}

export async function openLine(): Promise<Line> {
  const sockets = new Set<Socket>()
  let isStalled = false

  function keep(socket: Socket): Socket {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // Broken connections are what it is there for.
    socket.on('error', () => {})
    return socket
  }

  /** In order, however long a piece takes. */
  async function forward(from: Socket, to: Socket, direction: Direction): Promise<void> {
    for await (const piece of from) {
      if (line.delayMs > 0) await pause(line.delayMs)
      while (isStalled && !from.destroyed) await pause(20)
      const pieces = line.change?.(piece, direction) ?? [piece]
      for (const each of pieces) if (!to.write(each)) await once(to, 'drain')
    }
    to.end()
  }

  const server = createServer((incoming) => {
    keep(incoming)
    if (line.target === undefined) return void incoming.destroy()
    const outgoing = keep(connect(line.target, '127.0.0.1'))
    const ways = [forward(incoming, outgoing, 'up'), forward(outgoing, incoming, 'down')]
    const end = (): void => {
      incoming.destroy()
      outgoing.destroy()
    }
    for (const way of ways) way.catch(end)
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
    get connections() {
      return sockets.size / 2
    },
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    stall() {
      isStalled = true
    },
    heal() {
      line.cut()
      isStalled = false
    },
    async [Symbol.asyncDispose]() {
      isStalled = false
      line.cut()
      server.close()
      await once(server, 'close')
    },
  }
  return line
}
