import { type ClientName, type Clock, hasCode, isWatcherError, WatcherError } from '@perun-watcher/core'
import type { AcceptedConnection } from '../../transport/connection.ts'
import { decodeClientMessage } from '../../wire/client-codec.ts'
import { encodeServerMessage } from '../../wire/server-codec.ts'
import { countCode } from '../observe/counters.ts'
import { outbox as newOutbox } from '../outgoing/send-queue.ts'
import { errorForClient, isInternal } from '../requests/error-for-client.ts'
import { type ConversationDeps, conversation } from './message-dispatch.ts'

export interface SessionDeps extends Omit<ConversationDeps, 'client' | 'outbox'> {
  readonly clock: Clock
}

/** One connection from its first byte to its last. */
export interface Session {
  readonly client: ClientName
  /** When something came last, by the clock. */
  readonly lastHeard: number
  readonly watches: number
  /** Resolves once the connection is gone. Never rejects. */
  readonly done: Promise<void>
  /** New requests are refused. */
  refuseNew(): void
  /** Says goodbye behind the answers that wait, then ends the connection. */
  end(goodbye: WatcherError): void
  /** Ends the connection without a word. */
  drop(): void
  /** Ends the connection if its time is up. To be called now and then. */
  check(): void
}

export function session({ connection, client, remote }: AcceptedConnection, deps: SessionDeps): Session {
  const { clock, limits, counters, log } = deps
  const outbox = newOutbox()
  const talk = conversation({ ...deps, client, outbox })
  const broken = new AbortController()
  const openedAt = clock.now()
  let lastHeard = openedAt
  let sendingSince: number | undefined
  let endingSince: number | undefined
  const sending = { signal: broken.signal }

  function drop(): void {
    broken.abort(new WatcherError('CONNECTION_LOST', 'The connection was ended.'))
    outbox.changes.wake()
  }

  function end(goodbye: WatcherError): void {
    if (endingSince !== undefined) return
    endingSince = clock.now()
    countCode(counters.goodbyes, goodbye.code)
    outbox.finish(goodbye)
    talk.end()
  }

  /** What still comes is not looked at. */
  const isOver = (): boolean => endingSince !== undefined || broken.signal.aborted

  /** @returns `undefined` once nothing more comes. */
  async function receive(): Promise<Uint8Array | undefined> {
    // A client that sends and does not read is not read either.
    while (outbox.answers >= limits.maxRequests && !isOver()) await outbox.changes.after(outbox.changes.count)
    if (isOver()) return undefined
    try {
      // No signal: to listen for one would be done for each message, and the end of the connection ends the wait.
      const bytes = await connection.receive()
      return isOver() ? undefined : bytes
    } catch (error) {
      // Its own end is no news.
      if (!isOver()) log.write('debug', 'Connection lost', { client, remote, error: codeOf(error) })
      return undefined
    }
  }

  async function read(): Promise<void> {
    for (let bytes = await receive(); bytes !== undefined; bytes = await receive()) {
      lastHeard = clock.now()
      counters.messagesIn += 1
      counters.bytesIn += bytes.length
      try {
        talk.take(decodeClientMessage(bytes, { maxBytes: limits.maxMessageBytes }))
      } catch (error) {
        const level = isInternal(error) && !isWatcherError(error) ? 'error' : 'debug'
        log.write(level, 'Connection ended for what came', { client, remote, error: codeOf(error) }, error)
        return end(errorForClient(error))
      }
    }
    if (endingSince === undefined) drop()
  }

  async function send(message: Parameters<typeof encodeServerMessage>[0]): Promise<void> {
    const bytes = encodeServerMessage(message)
    sendingSince = clock.now()
    await connection.send(bytes, sending)
    sendingSince = undefined
    counters.messagesOut += 1
    counters.bytesOut += bytes.length
    if (message.type === 'event') counters.eventsSent += 1
  }

  /** One at a time, until the goodbye is said or the connection is dropped. */
  async function sendAll(): Promise<void> {
    while (!outbox.isFinished && !broken.signal.aborted) {
      const seen = outbox.changes.count
      const next = outbox.take()
      if (next === undefined) await outbox.changes.after(seen)
      else {
        await send(next.message)
        next.onSent?.()
      }
    }
  }

  /** Other than a lost connection, a message that cannot be sent would fail on the next connection, too. */
  function onSendFailed(error: unknown): void {
    const fields = { client, remote, error: codeOf(error) }
    if (hasCode(error, 'CONNECTION_LOST')) log.write('debug', 'Connection lost', fields)
    else log.write('error', 'Message not sent', fields, error)
  }

  async function run(): Promise<void> {
    // Ends with the connection, and never rejects.
    void read()
    try {
      await sendAll()
    } catch (error) {
      if (!broken.signal.aborted) onSendFailed(error)
    }
    drop()
    talk.end()
    await connection[Symbol.asyncDispose]()
  }

  return {
    client,
    get lastHeard() {
      return lastHeard
    },
    get watches() {
      return talk.watches
    },
    done: run(),
    refuseNew: talk.refuseNew,
    end,
    drop,
    check() {
      const now = clock.now()
      const isPast = (since: number | undefined, ms: number): boolean => since !== undefined && now - since >= ms
      if (isPast(endingSince, limits.handshakeTimeoutMs) || isPast(sendingSince, limits.idleTimeoutMs)) drop()
      else if (!talk.isWelcomed && isPast(openedAt, limits.handshakeTimeoutMs)) end(tooSlow('No Hello came in time.'))
      else if (isPast(lastHeard, limits.idleTimeoutMs)) end(tooSlow('Nothing came for too long.'))
    },
  }
}

const codeOf = (error: unknown): string => (isWatcherError(error) ? error.code : 'unknown')

const tooSlow = (message: string): WatcherError => new WatcherError('CONNECTION_LOST', message)
