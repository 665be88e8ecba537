import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** Stands between clients and a server and counts what passes: everything but the headers of TCP and IP. */
export interface CountingProxy extends Disposable {
  readonly endpoint: string
  readonly toServer: number
  readonly toClient: number
}

/** @param endpoint of the server, `tcp://host:port` */
export async function countingProxy(endpoint: string): Promise<CountingProxy> {
  const { hostname, port } = new URL(endpoint)
  const sockets = new Set<Socket>()
  let toServer = 0
  let toClient = 0

  const listener = createServer({ noDelay: true }, (client) => {
    const server = connect({ host: hostname, port: Number(port), noDelay: true })
    for (const socket of [client, server]) {
      sockets.add(socket)
      // The other end may go first.
      socket.on('error', () => socket.destroy())
    }
    client.on('data', (bytes) => {
      toServer += bytes.length
    })
    server.on('data', (bytes) => {
      toClient += bytes.length
    })
    client.pipe(server)
    server.pipe(client)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.')
  return {
    endpoint: `tcp://127.0.0.1:${address.port}`,
    get toServer() {
      return toServer
    },
    get toClient() {
      return toClient
    },
    [Symbol.dispose]() {
      listener.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
