import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface Target {
  readonly port: number
  readonly host: string
}

/** A line between clients and a server that a test can break. */
export interface Proxy extends AsyncDisposable {
  readonly port: number
  /** Breaks all connections that go through. */
  cut(): void
  /** Carries nothing any more, and closes nothing: a line that is dead. */
  freeze(): void
}

/** @param target where to go now; `undefined`: nobody is there. */
export async function tcpProxy(target: () => Target | undefined): Promise<Proxy> {
  const sockets = new Set<Socket>()

  function keep(socket: Socket): Socket {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // A broken line is what the tests make.
    socket.on('error', () => {})
    return socket
  }

  const server = createServer((incoming) => {
    keep(incoming)
    const to = target()
    if (to === undefined) return void incoming.destroy()
    const outgoing = keep(connect(to))
    // Like the sockets at its ends: it holds back no small packets.
    for (const socket of [incoming, outgoing]) socket.setNoDelay()
    incoming.pipe(outgoing).pipe(incoming)
    incoming.on('close', () => outgoing.destroy())
    outgoing.on('close', () => incoming.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  function cut(): void {
    for (const socket of sockets) socket.destroy()
  }

  function freeze(): void {
    for (const socket of sockets) {
      socket.unpipe()
      socket.pause()
    }
  }

  return {
    port: (server.address() as AddressInfo).port,
    cut,
    freeze,
    async [Symbol.asyncDispose]() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
