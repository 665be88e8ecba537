import { assertNever } from '@perun-watcher/core/adapter'
import { lifetime } from '@perun-watcher/core/internal'
import type { ClientMessage, MalformedRequest } from '../../wire/messages.ts'
import { violation } from '../../wire/violation.ts'
import { shuttingDown } from '../requests/error-for-client.ts'
import { type InFlightRequestsDeps, inFlightRequests } from '../requests/in-flight-requests.ts'
import type { ServeOptions } from '../settings/serve-options.ts'
import { type OpenWatchesDeps, openWatches } from '../watches/open-watches.ts'
import { answerHello } from './answer-hello.ts'

export interface MessageDispatchDeps
  extends Omit<InFlightRequestsDeps, 'life'>,
    Omit<OpenWatchesDeps, 'life' | 'inFlight' | keyof InFlightRequestsDeps> {
  readonly options: ServeOptions
}

/** Hands each message of one connection to the part that it is for. Knows nothing of bytes. */
export interface MessageDispatch {
  /** A valid Hello has come. */
  readonly isWelcomed: boolean
  /** How many watches are open. */
  readonly watches: number
  /** @throws WatcherError if the message has to end the connection. */
  take(message: ClientMessage | MalformedRequest): void
  /** Refuses new requests, because the server is closing. */
  refuseNew(): void
  /** The connection has ended. Its channels stay guarded; requests in flight go on, except stops, which may wait for disputes. */
  end(): void
}

export function messageDispatch(deps: MessageDispatchDeps): MessageDispatch {
  const { client, options, limits, handlers, queue } = deps
  const life = lifetime()
  const inFlight = inFlightRequests({ ...deps, life })
  const watches = openWatches({ ...deps, inFlight, life })
  let isWelcomed = false

  function hear(message: ClientMessage | MalformedRequest): void {
    switch (message.type) {
      case 'hello':
        throw violation('A Hello is sent once')
      case 'startWatching':
        watches.start(message)
        break
      case 'publish':
        watches.publish(message)
        break
      case 'stopWatching':
        void inFlight.handle(message, async () => {
          await watches.begun(message.channelId)
          return await life.run((signal) => handlers.stop(client, message, signal))
        })
        break
      case 'listChannels':
        void inFlight.handle(message, async () => handlers.list(client, message))
        break
      case 'malformed':
        void inFlight.handle(message, () => Promise.reject(message.error))
        break
      case 'acknowledge':
        watches.acknowledge(message)
        break
      case 'ping':
        queue.answer({ message: { type: 'pong', number: message.number } })
        break
      default:
        assertNever(message)
    }
  }

  return {
    get isWelcomed() {
      return isWelcomed
    },
    get watches() {
      return watches.size
    },
    take(message) {
      if (isWelcomed) {
        hear(message)
        return
      }
      if (message.type !== 'hello') throw violation('The first message is a Hello')
      queue.answer({ message: answerHello(message, options, limits) })
      isWelcomed = true
    },
    refuseNew: inFlight.refuseNew,
    end() {
      if (life.isOver) return
      life.end(shuttingDown())
      watches.detachAll()
    },
  }
}
