import type { Logger } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import { type Context, Reply } from 'zeromq'
import { type CurvePublicKey, publicKeyOf } from '../security/curve-keys.ts'

/** Where libzmq asks, in its own context, whether somebody may finish the handshake (ZeroMQ RFC 27). */
const zapAddress = 'inproc://zeromq.zap.01'

interface ZapOptions {
  readonly context: Context
  readonly authorise: (publicKey: CurvePublicKey) => boolean
  readonly onRefused: () => void
  readonly logger: Logger
}

export interface ZapHandler {
  close(): void
}

/** Answers libzmq's questions until it is closed. */
export async function zapHandler({ context, authorise, onRefused, logger }: ZapOptions): Promise<ZapHandler> {
  const socket = new Reply({ context, linger: 0 })
  await socket.bind(zapAddress)

  function verdictOn(request: readonly Buffer[]): readonly [status: string, text: string] {
    const [, , , address, , mechanism, key] = request
    if (mechanism?.toString() !== 'CURVE' || key?.length !== 32) return ['400', 'CURVE is required.']
    const publicKey = publicKeyOf(key)
    try {
      if (authorise(publicKey)) return ['200', 'OK']
    } catch (error) {
      logger.error('Deciding whether a client may connect failed', { publicKey }, error)
      return ['500', 'The decision failed.']
    }
    onRefused()
    logger.debug('A client that is not authorised was turned away', { publicKey, address: address?.toString() })
    return ['400', 'This public key is not authorised.']
  }

  async function answerAll(): Promise<void> {
    for await (const request of socket) {
      const [status, text] = verdictOn(request)
      // Version, request id, status, text, user id, metadata.
      await socket.send(['1.0', request[1] ?? '', status, text, '', ''])
    }
  }

  answerAll().catch((error: unknown) => {
    // libzmq refuses everybody from now on; who is connected stays.
    if (!socket.closed) logger.error('No client can connect any more: authentication broke down', {}, toError(error))
  })
  return { close: () => socket.close() }
}
