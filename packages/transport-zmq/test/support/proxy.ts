import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type Target = { readonly port: number; readonly host: string } | { readonly path: string }

/** A line between clients and a server that a test can break. */
export interface Proxy extends AsyncDisposable {
  readonly port: number
  /** Breaks all connections that go through. */
  cut(): void
}

/** @param target where to go now; `undefined`: nobody is there. */
export async function tcpProxy(target: () => Target | undefined, path?: string): Promise<Proxy> {
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
    incoming.pipe(outgoing).pipe(incoming)
    incoming.on('close', () => outgoing.destroy())
    outgoing.on('close', () => incoming.destroy())
  })
  if (path === undefined) server.listen(0, '127.0.0.1')
  else server.listen(path)
  await once(server, 'listening')

  function cut(): void {
    for (const socket of sockets) socket.destroy()
  }

  return {
    port: path === undefined ? (server.address() as AddressInfo).port : 0,
    cut,
    async [Symbol.asyncDispose]() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
