import { WatcherError } from '@perun-watcher/core'
import type { Connector } from '@perun-watcher/protocol/adapter'
import { WebSocket } from 'ws'
import { defaultMaxMessageBytes, lost, webSocketConnection } from './connection.ts'

export interface WebSocketConnectorOptions {
  /** `wss://…`; `ws://…` only where nobody can listen. */
  readonly url: string
  /** What the server knows this client by. */
  readonly token: string
  /** Default 262 144. */
  readonly maxMessageBytes?: number | undefined
}

/** How a client gets to a watcher that listens for WebSockets. */
export function webSocketConnector(options: WebSocketConnectorOptions): Connector {
  const { url, token, maxMessageBytes = defaultMaxMessageBytes } = options
  return ({ signal }) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const socket = new WebSocket(url, {
        headers: { authorization: `Bearer ${token}` },
        handshakeTimeout: 10_000,
        maxPayload: maxMessageBytes,
        perMessageDeflate: false,
      })
      const onAbort = (): void => {
        reject(signal?.reason)
        socket.terminate()
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      socket.once('unexpected-response', (_, { statusCode = 0 }) => {
        reject(refusal(statusCode))
        socket.terminate()
      })
      socket.once('error', (error) => reject(lost(error.message)))
      socket.once('open', () => resolve(webSocketConnection(socket, maxMessageBytes)))
      socket.once('open', () => signal?.removeEventListener('abort', onAbort))
      socket.on('close', () => signal?.removeEventListener('abort', onAbort))
    })
}

/** A wrong token stays wrong; anything else may pass. */
function refusal(status: number): WatcherError {
  if (status !== 401) return lost(`The server answered with HTTP status ${status}.`)
  return new WatcherError('CONNECTION_REFUSED', 'The watcher does not know the token of this client.')
}
