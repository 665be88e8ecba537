import { setImmediate } from 'node:timers/promises'
import { type Clock, isWatcherError, WatcherError } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import { timeLimit } from '@perun-watcher/core/internal'
import type { Connection } from '@perun-watcher/protocol/adapter'
import type { Dealer } from 'zeromq'
import { type FrameConnection, frameConnection, lost } from '../frames/frame-connection.ts'
import { decodeFrame, encodeFrame, type Frame, frameVersion } from '../frames/frames.ts'
import { longestFor, windowFor } from '../frames/window.ts'
import { sendOn } from '../socket/send-on.ts'
import { socketEvents } from '../socket/socket-events.ts'
import { connectFailure } from './connect-failure.ts'

interface OpenConnectionOptions {
  readonly socket: Dealer
  /** The address to connect to, in libzmq's notation. */
  readonly address: string
  readonly credentials: Uint8Array
  readonly maxMessageBytes: number
  readonly clock: Clock
}

/** Connects a socket and opens the connection. If it rejects, the caller has to close the socket. */
export function openConnection({
  socket,
  address,
  credentials,
  maxMessageBytes,
  clock,
}: OpenConnectionOptions): Promise<Connection> {
  const inWindow = windowFor(maxMessageBytes)
  let opened: FrameConnection | undefined

  return new Promise((resolve, reject) => {
    function fail(reason: WatcherError): void {
      if (opened === undefined) reject(reason)
      else opened.lose(reason)
    }

    function onOpened({ version, window }: Frame & { readonly kind: 'opened' }): void {
      if (version !== frameVersion || longestFor(window) < 0) {
        throw new WatcherError('PROTOCOL_VERSION', 'The watcher speaks another version of the ZeroMQ frames.')
      }
      opened = frameConnection({
        transmit: (bytes) => sendOn(socket, bytes),
        outWindow: window,
        inWindow,
        async onOver(lastFrame) {
          if (lastFrame !== undefined) await sendOn(socket, lastFrame).catch(() => {})
          socket.close()
        },
      })
      resolve(opened.connection)
    }

    function take(bytes: Buffer): void {
      const frame = decodeFrame(bytes)
      if (opened !== undefined) opened.deliver(frame)
      else if (frame.kind === 'opened') onOpened(frame)
      else if (frame.kind === 'end') throw frame.reason ?? lost('The watcher ended the connection at once.')
      else throw new WatcherError('PROTOCOL_VIOLATION', 'The watcher did not answer the opening frame.')
    }

    function takeOrEnd(bytes: Buffer): void {
      try {
        take(bytes)
      } catch (error) {
        if (opened === undefined || !isWatcherError(error)) throw error
        void opened.end(error)
      }
    }

    /** Rejects when the socket is closed. */
    async function readAll(): Promise<never> {
      // Not `for await`, which would create one more promise per message.
      for (;;) {
        const [bytes = Buffer.alloc(0)] = await socket.receive()
        takeOrEnd(bytes)
      }
    }

    /** Why the connection has failed. */
    async function whyFailed(): Promise<WatcherError> {
      for await (const event of socketEvents(socket)) {
        if (event.type === 'handshake') {
          await socket.send(encodeFrame({ kind: 'open', version: frameVersion, window: inWindow, credentials }))
        }
        const failure = connectFailure(event, address)
        if (failure !== undefined) return failure
      }
      return lost('The ZeroMQ socket was closed.')
    }

    async function observe(): Promise<void> {
      const failure = await whyFailed()
      if (opened !== undefined) await everythingRead(socket, clock)
      fail(failure)
    }

    // Both loops end when the socket is closed; errors because of that mean nothing.
    const onError = (error: unknown): void => {
      if (socket.closed) return
      fail(isWatcherError(error) ? error : lost('The ZeroMQ socket failed.', toError(error)))
    }
    observe().catch(onError)
    readAll().catch(onError)
    socket.connect(address)
  })
}

/** How long libzmq may take to deliver the last messages after it has reported the end of a connection. */
const handoverMs = 1000

/**
 * Reads first what arrived before the end: it was sent while the connection was intact, and may say why it ended. libzmq
 * delivers it before it schedules a reconnect, which it does not do after a violation of ZeroMQ's own protocol.
 */
async function everythingRead(socket: Dealer, clock: Clock): Promise<void> {
  const limit = timeLimit(clock, handoverMs)
  await limit
    .run(
      () => reconnectPlanned(socket),
      () => lost('No plan to connect again.'),
    )
    .catch(() => {})
  do await setImmediate()
  while (!socket.closed && socket.readable)
}

async function reconnectPlanned(socket: Dealer): Promise<void> {
  for await (const event of socketEvents(socket)) if (event.type === 'connect:retry') return
}
