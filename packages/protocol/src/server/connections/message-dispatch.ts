import { assertNever, lifetime } from '@perun-watcher/core'
import type { ClientMessage, MalformedRequest } from '../../wire/messages.ts'
import { violation } from '../../wire/violation.ts'
import { shuttingDown } from '../requests/error-for-client.ts'
import { questions as newQuestions, type QuestionsDeps } from '../requests/in-flight-requests.ts'
import type { ServeOptions } from '../settings/serve-options.ts'
import { type OpenWatchesDeps, openWatches } from '../watches/open-watches.ts'
import { welcomeTo } from './answer-hello.ts'

export interface ConversationDeps
  extends Omit<QuestionsDeps, 'life'>,
    Omit<OpenWatchesDeps, 'life' | 'questions' | keyof QuestionsDeps> {
  readonly options: ServeOptions
}

/** What one connection means, apart from how its bytes come and go. */
export interface Conversation {
  /** A Hello came, and was fine. */
  readonly isWelcomed: boolean
  /** How many watches are open. */
  readonly watches: number
  /** @throws WatcherError for what ends the connection. */
  take(message: ClientMessage | MalformedRequest): void
  /** New requests are refused, because the server is closing. */
  refuseNew(): void
  /** The connection is over. Its channels stay guarded; what it asked for goes on, except stops: they wait for disputes. */
  end(): void
}

export function conversation(deps: ConversationDeps): Conversation {
  const { client, options, limits, requests, outbox } = deps
  const life = lifetime()
  const questions = newQuestions({ ...deps, life })
  const watches = openWatches({ ...deps, questions, life })
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
        void questions.ask(message, () => life.run((signal) => requests.stop(client, message, signal)))
        break
      case 'malformed':
        void questions.ask(message, () => Promise.reject(message.error))
        break
      case 'acknowledge':
        watches.acknowledge(message)
        break
      case 'ping':
        outbox.answer({ message: { type: 'pong', number: message.number } })
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
      outbox.answer({ message: welcomeTo(message, options, limits) })
      isWelcomed = true
    },
    refuseNew: questions.refuseNew,
    end() {
      if (life.isOver) return
      life.end(shuttingDown())
      watches.detachAll()
    },
  }
}
