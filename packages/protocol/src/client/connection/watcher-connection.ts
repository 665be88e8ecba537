import { type AdjudicatorEvent, type Clock, hasCode, isWatcherError, WatcherError } from '@perun-watcher/core'
import { assertNever, toError } from '@perun-watcher/core/adapter'
import { deferred, lifetime } from '@perun-watcher/core/internal'
import type { Connection } from '../../transport/connection.ts'
import { encodeClientMessage } from '../../wire/client-codec.ts'
import type { ClientMessage, ServerMessage } from '../../wire/messages.ts'
import { decodeServerMessage } from '../../wire/server-codec.ts'
import { clientClosed } from './client-closed.ts'
import { heartbeat } from './heartbeat.ts'
import { messageSender } from './message-sender.ts'
import { type Answer, type OutgoingRequest, requestTable } from './request-table.ts'
import type { Welcome } from './say-hello.ts'

/** Receives the events of one watch. */
export interface WatchListener {
  event(event: AdjudicatorEvent, sequence: bigint): void
  /** The watch has ended; nothing follows. */
  ended(error: WatcherError | undefined): void
}

/** Why a connection ended. `isFinal`: there is no point in trying another one. */
export interface ConnectionEnd {
  readonly error: WatcherError
  readonly isFinal: boolean
}

/** One connection to the watcher, after the handshake. */
export interface WatcherConnection {
  readonly welcome: Welcome
  readonly isOver: boolean
  readonly ended: Promise<ConnectionEnd>
  /** @returns the number under which the watch can be started. */
  openWatch(listener: WatchListener): number
  /** Ignores whatever still arrives for this watch. */
  closeWatch(watch: number): void
  ask(request: OutgoingRequest): Promise<Answer>
  acknowledge(watch: number, sequence: bigint): void
  /** Waits, but no longer than the connection lasts. @returns whether it is still open. */
  pause(ms: number): Promise<boolean>
  /** Ends the connection because the watcher broke the protocol. */
  fail(error: WatcherError): void
  /** Sends what is queued, then ends the connection. Never rejects. */
  close(): Promise<void>
}

/** How long closing waits for a transport that takes nothing more. */
const closeTimeoutMs = 2_000

export function watcherConnection(connection: Connection, welcome: Welcome, clock: Clock): WatcherConnection {
  const life = lifetime()
  const end = deferred<ConnectionEnd>()
  const watches = new Map<number, WatchListener>()
  let lastWatch = 0
  let lastPing = 0n
  let heard = 0
  const sender = messageSender({ send, onFailure: (error) => finish({ error: lost(error), isFinal: false }) })
  const requests = requestTable(sender, Math.max(1, welcome.maxRequests))

  /** A request that cannot be encoded fails by itself; it is no reason to end the connection. */
  async function send(message: ClientMessage): Promise<void> {
    try {
      const bytes = encodeClientMessage(message)
      assertFits(bytes, welcome.maxMessageBytes)
      await life.run((signal) => connection.send(bytes, { signal }))
    } catch (error) {
      if (!('request' in message) || !isAboutMessage(error)) throw error
      requests.answer(message.request, { type: 'failed', error })
    }
  }

  function finish(why: ConnectionEnd): void {
    if (life.isOver) return
    life.end(why.error)
    sender.end()
    requests.end()
    watches.clear()
    end.resolve(why)
    void connection[Symbol.asyncDispose]()
  }

  /** @returns why nothing more will arrive. */
  async function receiveAll(): Promise<ConnectionEnd> {
    for (;;) {
      const bytes = await life.run((signal) => connection.receive({ signal }))
      if (bytes === undefined) return { error: lost(undefined), isFinal: false }
      heard += 1
      const message = decodeServerMessage(bytes)
      if (message.type === 'goodbye') return { error: message.error, isFinal: !message.error.retryable }
      dispatch(message)
    }
  }

  function dispatch(message: Exclude<ServerMessage, { readonly type: 'goodbye' }>): void {
    switch (message.type) {
      case 'reply':
        if (!requests.answer(message.request, message.result))
          throw violation(`Request ${message.request} is not open.`)
        return
      case 'event':
        if (message.ledgerId !== '' && message.ledgerId !== welcome.ledgerId)
          throw violation(`It told an event of the ledger ${message.ledgerId}, which is not that of its welcome.`)
        watches.get(message.watch)?.event(message.event, message.sequence)
        return
      case 'watchEnded': {
        const listener = watches.get(message.watch)
        watches.delete(message.watch)
        listener?.ended(message.error)
        return
      }
      case 'pong':
        return
      case 'welcome':
        throw violation('It said welcome again.')
      default:
        assertNever(message)
    }
  }

  function ping(): void {
    lastPing += 1n
    const number = lastPing
    sender.post({ message: () => ({ type: 'ping', number }) })
  }

  async function keepAlive(): Promise<ConnectionEnd> {
    const intervalMs = (Math.max(1, welcome.idleTimeoutSeconds) * 1000) / 3
    const error = await life.run((signal) => heartbeat({ clock, intervalMs, ping, heard: () => heard, signal }))
    return { error, isFinal: false }
  }

  for (const part of [receiveAll, keepAlive]) {
    part().then(finish, (error: unknown) => finish({ error: lost(error), isFinal: false }))
  }

  return {
    welcome,
    get isOver() {
      return life.isOver
    },
    ended: end.promise,
    openWatch(listener) {
      lastWatch += 1
      watches.set(lastWatch, listener)
      return lastWatch
    },
    closeWatch(watch) {
      watches.delete(watch)
    },
    ask: (request) => requests.ask(request),
    acknowledge: (watch, sequence) => sender.acknowledge(watch, sequence),
    async pause(ms) {
      await life.run((signal) => clock.sleep(ms, { signal })).catch(() => {})
      return !life.isOver
    },
    fail: (error) => finish({ error, isFinal: false }),
    async close() {
      await Promise.race([
        sender.empty(),
        life.run((signal) => clock.sleep(closeTimeoutMs, { signal })).catch(() => {}),
      ])
      finish({ error: clientClosed(), isFinal: true })
    },
  }
}

function assertFits({ length }: Uint8Array, maxBytes: number): void {
  if (length <= maxBytes) return
  throw new WatcherError('MESSAGE_TOO_LARGE', 'The watcher does not take messages of this size.', {
    details: [`${length} bytes; at most ${maxBytes} are taken.`],
  })
}

const isAboutMessage = (error: unknown): error is WatcherError =>
  hasCode(error, 'MESSAGE_TOO_LARGE') || hasCode(error, 'STATE_MALFORMED')

function lost(cause: unknown): WatcherError {
  if (isWatcherError(cause)) return cause
  const details = cause === undefined ? ['The watcher ended it.'] : [toError(cause).message]
  return new WatcherError('CONNECTION_LOST', 'The connection to the watcher ended.', { details, cause })
}

export function violation(detail: string): WatcherError {
  return new WatcherError('PROTOCOL_VIOLATION', 'The watcher sent what the protocol does not allow.', {
    details: [detail],
  })
}
