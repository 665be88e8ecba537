import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { ClientName } from '@perun-watcher/core'
import { wakeSignal } from '@perun-watcher/core/adapter'
import type { AcceptedConnection } from '@perun-watcher/protocol/adapter'
import { type WebSocket, WebSocketServer } from 'ws'
import { defaultMaxMessageBytes, webSocketConnection } from './connection.ts'

export interface WebSocketListenerOptions {
  readonly port: number
  /** Default 127.0.0.1: tokens travel in the clear unless something in front of it speaks TLS. */
  readonly host?: string | undefined
  /** Whose token this is; `undefined`: nobody's. */
  readonly clientOf: (token: string) => ClientName | undefined
  /** Default 262 144. */
  readonly maxMessageBytes?: number | undefined
}

/** For `serveWatcher`: the connections of clients whose tokens are known. Disposing of it ends them. */
export interface WebSocketListener extends AsyncIterable<AcceptedConnection>, AsyncDisposable {}

export async function webSocketListener(options: WebSocketListenerOptions): Promise<WebSocketListener> {
  const { port, host = '127.0.0.1', maxMessageBytes = defaultMaxMessageBytes } = options
  const waiting: AcceptedConnection[] = []
  const open = new Set<AcceptedConnection>()
  const changes = wakeSignal()
  let isClosed = false

  function clientOf({ headers }: IncomingMessage): ClientName | undefined {
    const [, token] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? []
    return token === undefined ? undefined : options.clientOf(token)
  }

  function accept(socket: WebSocket, request: IncomingMessage): void {
    const client = clientOf(request)
    if (client === undefined) {
      // It was known a moment ago.
      socket.terminate()
      return
    }
    const connection = webSocketConnection(socket, maxMessageBytes)
    const accepted = { client, connection, remote: request.socket.remoteAddress }
    open.add(accepted)
    socket.once('close', () => open.delete(accepted))
    waiting.push(accepted)
    changes.wake()
  }

  const server = new WebSocketServer({
    port,
    host,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    verifyClient: ({ req }: { readonly req: IncomingMessage }) => clientOf(req) !== undefined,
  })
  server.on('connection', accept)
  await once(server, 'listening')

  return {
    async *[Symbol.asyncIterator]() {
      while (!isClosed) {
        const next = waiting.shift()
        if (next !== undefined) yield next
        else await changes.after(changes.count)
      }
    },
    async [Symbol.asyncDispose]() {
      isClosed = true
      changes.wake()
      server.close()
      await Promise.all([...open].map(({ connection }) => connection[Symbol.asyncDispose]()))
    },
  }
}
