import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** Carries connections from one port to another, until it is cut: then they break without a goodbye. */
export interface Cable extends AsyncDisposable {
  cut(): void
}

export async function cable(fromPort: number, toPort: number): Promise<Cable> {
  const sockets = new Set<Socket>()

  function keep(socket: Socket): Socket {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    return socket.on('error', () => {})
  }

  const server = createServer((near) => {
    const far = keep(connect(toPort, '127.0.0.1'))
    keep(near).pipe(far).pipe(near)
    far.once('close', () => near.destroy())
    near.once('close', () => far.destroy())
  }).listen(fromPort, '127.0.0.1')
  await once(server, 'listening')

  return {
    cut() {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
