import { type AbortOptions, WatcherError } from '@perun-watcher/core'
import { wakeSignal } from '@perun-watcher/core/adapter'
import { type Connection, inbox, type ReceiveLimiter } from '@perun-watcher/protocol/adapter'
import type { ReadGate } from './read-gate.ts'

/** The writing half of a call, the same on both sides. */
export interface MessageWriter {
  write(message: Buffer, onWritten: () => void): boolean
  /** It said `false` to the last write, and no `drain` since. */
  readonly writableNeedDrain: boolean
}

interface StreamConnectionOptions {
  readonly writer: MessageWriter
  readonly gate: ReadGate
  /** Longest message that the other side takes. */
  readonly longestOut: number
  readonly limiter?: ReceiveLimiter | undefined
  /** Called once, when the connection has ended for whatever reason: the call has to be ended with it. */
  readonly onOver: (end: StreamEnd) => void
}

/** `by` `here`: the other side has still to be told, in order if there is no reason. */
export interface StreamEnd {
  readonly by: 'here' | 'peer'
  readonly reason?: WatcherError | undefined
}

/** One open connection over a call; the same on both sides. */
export interface StreamConnection {
  readonly connection: Connection
  /** A message has come. */
  deliver(message: Buffer): void
  /** There is room again for messages to send. */
  drained(): void
  /** The peer has ended the call, in order if there is no reason. What it sent before can still be read. */
  lose(reason?: WatcherError): void
  /** Ends the connection from here, in order if there is no reason. */
  end(reason?: WatcherError): void
}

/** What a message costs the memory of a process besides its bytes. */
const overhead = 256

/** How much may wait to be read before the peer has to wait, and to be sent before the sender has to. */
const mostWaiting = 65_536

export const costOf = (message: Uint8Array): number => message.length + overhead

export const lost = (what: string, cause?: unknown): WatcherError =>
  new WatcherError('CONNECTION_LOST', what, { cause })

const closedHere = (): WatcherError => lost('The connection was closed here.')

export function streamConnection({
  writer,
  gate,
  longestOut,
  limiter,
  onOver,
}: StreamConnectionOptions): StreamConnection {
  /** There may be room for messages to send, or the connection is over. */
  const changed = wakeSignal()
  const incoming = inbox({ costOf, onTaken, limiter })
  /** The cost of what waits to be read, and of what was handed to gRPC and is not on its way yet. */
  let unread = 0
  let unsent = 0
  let isOver = false
  /** Why the connection ended; `undefined`: in order. */
  let failure: WatcherError | undefined

  function over(end: StreamEnd, why: WatcherError | undefined): void {
    if (isOver) return
    isOver = true
    failure = why
    incoming.end(why)
    changed.wake()
    onOver(end)
    // What still comes is dropped, so that the end of the call is seen.
    gate.open()
  }

  const hasRoomFor = (cost: number): boolean =>
    unsent === 0 || (unsent + cost <= mostWaiting && !writer.writableNeedDrain)

  async function send(message: Uint8Array, { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    if (message.length > longestOut) {
      throw new WatcherError('MESSAGE_TOO_LARGE', 'The message is longer than the other side takes.', {
        details: [`It has ${message.length} bytes of at most ${longestOut}.`],
      })
    }
    const cost = costOf(message)
    while (!isOver && !hasRoomFor(cost)) await changed.after(changed.count, { signal })
    if (isOver) throw lost('The connection has ended.', failure)
    unsent += cost
    // A copy: the caller may write into its message again, and gRPC reads it later.
    writer.write(Buffer.from(message), () => {
      unsent -= cost
      changed.wake()
    })
  }

  function onTaken(cost: number): void {
    unread -= cost
    if (unread < mostWaiting) gate.open()
  }

  function end(reason?: WatcherError): void {
    over({ by: 'here', reason }, reason ?? closedHere())
  }

  async function dispose(): Promise<void> {
    end()
    incoming.drop(closedHere())
  }

  return {
    connection: { send, receive: incoming.receive, [Symbol.asyncDispose]: dispose },
    deliver(message) {
      if (isOver) return
      unread += costOf(message)
      if (unread >= mostWaiting) gate.close()
      incoming.push(message)
    },
    drained: changed.wake,
    lose: (reason) => over({ by: 'peer', reason }, reason),
    end,
  }
}
