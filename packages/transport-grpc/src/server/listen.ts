import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import type { TlsKeys } from '../security/tls-keys.ts'
import { type Address, addressText, unusable } from '../settings/address.ts'

/** A port that is open. */
export interface Listener {
  /** Where it is, with the port that the machine chose. */
  readonly address: string
  /** Takes no more connections. */
  close(): void
}

/** @throws WatcherError `ADDRESS_UNUSABLE` */
export async function listen(address: Address, onSocket: (socket: Socket) => void): Promise<Listener> {
  const server = createServer({ noDelay: true, keepAlive: true }, onSocket)
  try {
    server.listen({ host: address.host, port: address.port })
    await once(server, 'listening')
  } catch (error) {
    throw unusable(addressText(address), error instanceof Error ? `${error.message}.` : String(error), error)
  }
  // A socket that could not be accepted is the loss of one client, who tries again.
  server.on('error', () => {})
  return { address: addressText({ ...address, port: portOf(server) }), close: () => void server.close() }
}

function portOf(server: Server): number {
  const bound = server.address()
  return typeof bound === 'object' && bound !== null ? bound.port : 0
}

/**
 * Makes TLS of sockets. Every certificate is welcome, whoever signed it, because its key is the client; that the client has
 * the private key to it is proved in the handshake.
 */
export function tlsWrapper(
  keys: TlsKeys,
  handshakeTimeout: number,
  onSecure: (socket: TLSSocket) => void,
): (socket: Socket) => void {
  const server = createTlsServer({
    cert: keys.certificate,
    key: keys.privateKey,
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: ['h2'],
    minVersion: 'TLSv1.3',
    handshakeTimeout,
  })
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  server.on('secureConnection', (socket) => {
    socket.on('error', () => {})
    onSecure(socket)
  })
  return (socket) => void server.emit('connection', socket)
}
