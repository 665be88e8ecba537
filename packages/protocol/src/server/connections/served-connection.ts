import { type ClientName, type Clock, hasCode, isWatcherError, WatcherError } from '@perun-watcher/core'
import type { AcceptedConnection } from '../../transport/connection.ts'
import { decodeClientMessage } from '../../wire/client-codec.ts'
import { encodeServerMessage } from '../../wire/server-codec.ts'
import { countCode } from '../observe/counters.ts'
import { sendQueue } from '../outgoing/send-queue.ts'
import { errorForClient, isInternal } from '../requests/error-for-client.ts'
import { type MessageDispatchDeps, messageDispatch } from './message-dispatch.ts'

export interface ServedConnectionDeps extends Omit<MessageDispatchDeps, 'client' | 'queue'> {
  readonly clock: Clock
}

/** One connection from its first byte to its last. */
export interface ServedConnection {
  readonly client: ClientName
  /** The clock's time when something last arrived. */
  readonly lastHeard: number
  readonly watches: number
  /** Resolves once the connection is gone. Never rejects. */
  readonly done: Promise<void>
  /** Refuses new requests. */
  refuseNew(): void
  /** Sends the Goodbye after the answers that wait, then ends the connection. */
  end(goodbye: WatcherError): void
  /** Ends the connection without a Goodbye. */
  drop(): void
  /** Ends the connection if a time-out has passed. To be called periodically. */
  check(): void
}

export function servedConnection(
  { connection, client, remote }: AcceptedConnection,
  deps: ServedConnectionDeps,
): ServedConnection {
  const { clock, limits, counters, log } = deps
  const queue = sendQueue()
  const dispatch = messageDispatch({ ...deps, client, queue })
  const broken = new AbortController()
  const openedAt = clock.now()
  let lastHeard = openedAt
  let sendingSince: number | undefined
  let endingSince: number | undefined
  const sending = { signal: broken.signal }

  function drop(): void {
    broken.abort(new WatcherError('CONNECTION_LOST', 'The connection was ended.'))
    queue.changes.wake()
  }

  function end(goodbye: WatcherError): void {
    if (endingSince !== undefined) return
    endingSince = clock.now()
    countCode(counters.goodbyes, goodbye.code)
    queue.finish(goodbye)
    dispatch.end()
  }

  /** From then on, what still arrives is ignored. */
  const isOver = (): boolean => endingSince !== undefined || broken.signal.aborted

  /** @returns `undefined` once nothing more is to be read. */
  async function receive(): Promise<Uint8Array | undefined> {
    // Back-pressure: a client that does not read its answers is not read either.
    while (queue.answers >= limits.maxRequests && !isOver()) await queue.changes.after(queue.changes.count)
    if (isOver()) return undefined
    try {
      // No signal: it would cost a listener for each message, and the end of the connection ends the wait anyway.
      const bytes = await connection.receive()
      return isOver() ? undefined : bytes
    } catch (error) {
      // An error after this side has ended the connection is no news.
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
        dispatch.take(decodeClientMessage(bytes, { maxBytes: limits.maxMessageBytes }))
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

  /** One message at a time, until the Goodbye is sent or the connection is dropped. */
  async function sendAll(): Promise<void> {
    while (!queue.isFinished && !broken.signal.aborted) {
      const seen = queue.changes.count
      const next = queue.take()
      if (next === undefined) await queue.changes.after(seen)
      else {
        await send(next.message)
        next.onSent?.()
      }
    }
  }

  /** A lost connection is normal; any other failure to send a message would repeat itself on the next connection. */
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
    dispatch.end()
    await connection[Symbol.asyncDispose]()
  }

  return {
    client,
    get lastHeard() {
      return lastHeard
    },
    get watches() {
      return dispatch.watches
    },
    done: run(),
    refuseNew: dispatch.refuseNew,
    end,
    drop,
    check() {
      const now = clock.now()
      const isPast = (since: number | undefined, ms: number): boolean => since !== undefined && now - since >= ms
      if (isPast(endingSince, limits.handshakeTimeoutMs) || isPast(sendingSince, limits.idleTimeoutMs)) drop()
      else if (!dispatch.isWelcomed && isPast(openedAt, limits.handshakeTimeoutMs))
        end(tooSlow('No Hello came in time.'))
      else if (isPast(lastHeard, limits.idleTimeoutMs)) end(tooSlow('Nothing came for too long.'))
    },
  }
}

const codeOf = (error: unknown): string => (isWatcherError(error) ? error.code : 'unknown')

const tooSlow = (message: string): WatcherError => new WatcherError('CONNECTION_LOST', message)
