import { once } from 'node:events'
import { isIP, type Socket } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { CallCredentials, ChannelCredentials } from '@grpc/grpc-js'
import { WatcherError } from '@perun-watcher/core'
import type { ClientIdentity, ServerTrust } from '../security/security.ts'
import { publicKeyHash } from '../security/tls-keys.ts'
import { type Address, addressText } from '../settings/address.ts'

interface TlsCredentialsOptions {
  readonly address: Address
  readonly security: ServerTrust & ClientIdentity
  /** Gives up the handshake, which gRPC would wait for. */
  readonly signal: AbortSignal
  /** Hears why a handshake failed: gRPC tells it as text only. */
  readonly onFailure: (error: unknown) => void
}

/**
 * TLS as gRPC wants it, with one thing that its own credentials lack: a watcher is recognised by its public key, whoever
 * signed its certificate.
 */
export class TlsCredentials extends ChannelCredentials {
  readonly #options: TlsCredentialsOptions

  constructor(options: TlsCredentialsOptions) {
    super()
    this.#options = options
  }

  override _isSecure(): boolean {
    return true
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other
  }

  override _createSecureConnector(_target: unknown, _options: unknown, callCredentials?: CallCredentials) {
    return {
      connect: async (socket: Socket) => {
        try {
          return { socket: await secured(socket, this.#options), secure: true }
        } catch (error) {
          this.#options.onFailure(error)
          throw error
        }
      },
      waitForReady: async (): Promise<void> => {},
      getCallCredentials: () => callCredentials ?? CallCredentials.createEmpty(),
      destroy(): void {},
    }
  }
}

/** @throws Error if there is no handshake, or the watcher is another one */
async function secured(socket: Socket, { address, security, signal }: TlsCredentialsOptions): Promise<TLSSocket> {
  const { keys, serverKey, ...trust } = security
  const authorities = 'authorities' in trust ? trust.authorities : 'system'
  const tls = connect({
    socket,
    host: address.host,
    // TLS knows no names that are addresses.
    ...(isIP(address.host) === 0 ? { servername: address.host } : {}),
    ALPNProtocols: ['h2'],
    minVersion: 'TLSv1.3',
    ...(keys === undefined ? {} : { cert: keys.certificate, key: keys.privateKey }),
    ...(authorities === 'system' ? {} : { ca: authorities }),
    // With the key of the watcher at hand, nobody else is believed: it is compared below, before anything is sent.
    rejectUnauthorized: serverKey === undefined,
  })
  // Later ones are seen by the call that is on it.
  tls.on('error', () => {})
  const closed = new AbortController()
  const onClose = (): void => closed.abort(new Error('The connection was closed in the handshake.'))
  tls.once('close', onClose)
  try {
    await once(tls, 'secureConnect', { signal: AbortSignal.any([closed.signal, signal]) })
    const certificate = tls.getPeerX509Certificate()
    const found = certificate === undefined ? undefined : publicKeyHash(certificate)
    if (serverKey !== undefined && found !== serverKey) {
      throw new WatcherError('CONNECTION_LOST', 'Somebody else answers at the address of the watcher.', {
        details: [
          `Address ${addressText(address)}.`,
          `The public key there: ${found ?? 'none'}.`,
          `That of the watcher: ${serverKey}.`,
        ],
      })
    }
    return tls
  } catch (error) {
    tls.destroy()
    throw closed.signal.aborted ? closed.signal.reason : error
  } finally {
    tls.off('close', onClose)
  }
}
