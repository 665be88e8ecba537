import { WatcherError } from '@perun-watcher/core'
import { wakeSignal } from '@perun-watcher/core/adapter'
import type { Connection } from '@perun-watcher/protocol/adapter'
import type { WebSocket } from 'ws'

/** Longest message that both sides take, unless they agree on another length. */
export const defaultMaxMessageBytes = 262_144

/** After so many messages that nobody has read, the network holds back further ones. */
const mostUnread = 16

/** A WebSocket that is open, as a connection of the protocol: one binary message per message. */
export function webSocketConnection(socket: WebSocket, maxMessageBytes: number): Connection {
  const unread: Uint8Array[] = []
  const changes = wakeSignal()
  let isFlushed = true
  let isDisposed = false
  /** Set when the connection is over; without an error if the peer ended it in order. */
  let end: { readonly error: WatcherError | undefined } | undefined

  function finish(error: WatcherError | undefined): void {
    end ??= { error }
    changes.wake()
  }

  socket.on('message', (data, isBinary) => {
    if (isDisposed) return
    if (isBinary && Buffer.isBuffer(data)) {
      unread.push(data)
      if (unread.length >= mostUnread) socket.pause()
      return changes.wake()
    }
    finish(new WatcherError('PROTOCOL_VIOLATION', 'The other side sent text instead of bytes.'))
    socket.close(1003)
  })
  socket.on('close', (code) => finish(code === 1000 ? undefined : lost(`WebSocket code ${code}.`)))
  // What went wrong is told by the close that follows.
  socket.on('error', () => {})

  /** A message that is not written to the network yet holds back the next one, also if its sender gave up. */
  async function flushed(signal: AbortSignal | undefined): Promise<void> {
    while (!isFlushed && end === undefined) await changes.after(changes.count, { signal })
    if (!isFlushed) throw end?.error ?? lost('The other side ended it.')
  }

  return {
    async send(message, { signal } = {}) {
      signal?.throwIfAborted()
      if (message.length > maxMessageBytes) throw tooLarge(message.length, maxMessageBytes)
      await flushed(signal)
      if (end !== undefined) throw end.error ?? lost('The other side ended it.')
      isFlushed = false
      socket.send(message, (error) => {
        isFlushed = !error
        changes.wake()
      })
      await flushed(signal)
    },
    async receive({ signal } = {}) {
      signal?.throwIfAborted()
      while (unread.length === 0 && end === undefined) await changes.after(changes.count, { signal })
      const first = unread.shift()
      socket.resume()
      if (first === undefined && end?.error !== undefined) throw end.error
      return first
    },
    async [Symbol.asyncDispose]() {
      if (isDisposed) return
      isDisposed = true
      unread.length = 0
      end = { error: lost('It was closed here.') }
      changes.wake()
      if (isFlushed) socket.close(1000)
      else socket.terminate()
      // The answer to the close has to be read.
      socket.resume()
    },
  }
}

export function lost(detail: string): WatcherError {
  return new WatcherError('CONNECTION_LOST', 'The WebSocket is closed.', { details: [detail] })
}

function tooLarge(length: number, limit: number): WatcherError {
  return new WatcherError('MESSAGE_TOO_LARGE', 'The message is longer than the limit.', {
    details: [`${length} bytes; at most ${limit} are taken.`],
  })
}
