import { type AbortOptions, WatcherError } from '@perun-watcher/core'
import { assertNever, toError } from '@perun-watcher/core/adapter'
import { wakeSignal } from '@perun-watcher/core/internal'
import type { Connection } from '@perun-watcher/protocol/adapter'
import type { Frame } from './frames.ts'
import { encodeFrame } from './frames.ts'
import { costOf, longestFor, receiveWindow, sendWindow } from './window.ts'

/** Watches over the messages that wait for their reader. */
export interface ReceiveLimiter {
  /** A message of this cost begins to wait. */
  arrived(cost: number): void
  /** It was read, or never will be. */
  left(message: Uint8Array, cost: number): void
  /** When the reader may have the next one; `undefined` for at once. Holds back a peer that sends too fast. */
  ready(options: AbortOptions): Promise<void> | undefined
}

export interface FrameConnectionOptions {
  /** Gives a frame to libzmq, which must have room for it. Rejects if the connection is of no use any more. */
  readonly transmit: (frame: Uint8Array) => Promise<void>
  /**
   * Whether `transmit` rejected only because the other side has left: what it sent before may still come, and then `lose` is
   * called.
   */
  readonly isGone?: ((error: unknown) => boolean) | undefined
  /** Most cost that may be under way to the other side. */
  readonly outWindow: number
  /** Most cost that the other side may have under way to here. */
  readonly inWindow: number
  readonly limiter?: ReceiveLimiter | undefined
  /**
   * Called once, when the connection has ended for whatever reason. `lastFrame`: the last frame, unless the other side has ended it
   * or is gone.
   */
  readonly onOver: (lastFrame: Uint8Array | undefined) => Promise<void>
}

/** One connection over frames, after it was opened: the same on both sides. */
export interface FrameConnection {
  readonly connection: Connection
  /**
   * Takes a frame that came from the other side.
   *
   * @throws WatcherError with which the connection should be ended: the frame breaks the rules.
   */
  deliver(frame: Frame): void
  /** The other side is gone without a word. What it sent before can still be read. */
  lose(reason: WatcherError): void
  /** Ends the connection and says why, or that it is in order. */
  end(reason?: WatcherError): Promise<void>
}

export function lost(what: string, cause?: unknown): WatcherError {
  return new WatcherError('CONNECTION_LOST', what, { cause })
}

function violation(rule: string): WatcherError {
  return new WatcherError('PROTOCOL_VIOLATION', rule)
}

export function frameConnection({
  transmit,
  isGone = () => false,
  outWindow,
  inWindow,
  limiter,
  onOver,
}: FrameConnectionOptions): FrameConnection {
  const changed = wakeSignal()
  const outgoing = sendWindow(outWindow)
  const incoming = receiveWindow(inWindow)
  const inbox: Uint8Array[] = []
  /** Ends a pause of the reader. */
  const disposed = new AbortController()
  let sent = 0
  let received = 0
  let isOver = false
  /** Why the connection ended, unless in order. */
  let failure: WatcherError | undefined

  function over(reason: WatcherError | undefined): boolean {
    if (isOver) return false
    isOver = true
    failure = reason
    changed.wake()
    return true
  }

  function lose(reason: WatcherError | undefined): void {
    if (over(reason)) void onOver(undefined)
  }

  function onRefused(error: unknown): 'gone' {
    if (!isGone(error)) lose(lost('The other side does not take messages any more.', toError(error)))
    return 'gone'
  }

  /** Never rejects. Without `async`, as all that each message goes through: what is awaited in between takes time. */
  function put(frame: Frame): Promise<'sent' | 'gone'> {
    return transmit(encodeFrame(frame)).then(() => 'sent', onRefused)
  }

  async function end(reason?: WatcherError): Promise<void> {
    if (!over(reason ?? lost('The connection was closed here.'))) return
    await onOver(encodeFrame({ kind: 'end', reason }))
  }

  function receiveMessage({ number, message }: Frame & { readonly kind: 'data' }): void {
    // CURVE lets nobody change a message, but whoever has the line can leave a whole one out.
    if (number !== received >>> 0) throw lost('A message was lost on its way.')
    received += 1
    if (message.length > longestFor(inWindow)) {
      throw new WatcherError('MESSAGE_TOO_LARGE', `A message was longer than ${longestFor(inWindow)} bytes.`)
    }
    const cost = costOf(message)
    if (!incoming.received(cost)) throw violation('A message was sent for which the receiver had not made room.')
    inbox.push(message)
    limiter?.arrived(cost)
    changed.wake()
  }

  function deliver(frame: Frame): void {
    if (isOver) return
    switch (frame.kind) {
      case 'data':
        receiveMessage(frame)
        break
      case 'taken':
        if (!outgoing.taken(frame.total))
          throw violation('More messages were said to be taken than were sent, or none.')
        changed.wake()
        break
      case 'end':
        lose(frame.reason)
        break
      case 'open':
      case 'opened':
        throw violation('A connection was opened twice.')
      default:
        assertNever(frame)
    }
  }

  async function send(message: Uint8Array, { signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    if (message.length > longestFor(outWindow)) {
      throw new WatcherError('MESSAGE_TOO_LARGE', 'The message is longer than the other side takes.', {
        details: [`It has ${message.length} bytes of at most ${longestFor(outWindow)}.`],
      })
    }
    const cost = costOf(message)
    while (!isOver && !outgoing.fits(cost)) await changed.after(changed.count, { signal })
    if (isOver) throw lost('The connection has ended.', failure)
    outgoing.sent(cost)
    const number = sent
    sent += 1
    if ((await put({ kind: 'data', number, message })) === 'gone') throw lost('The connection has ended.', failure)
  }

  function take(): Uint8Array | undefined {
    const message = inbox.shift()
    if (message === undefined) return undefined
    const cost = costOf(message)
    limiter?.left(message, cost)
    const total = incoming.taken(cost)
    if (total !== undefined && !isOver) void put({ kind: 'taken', total })
    return message
  }

  async function receive({ signal }: AbortOptions = {}): Promise<Uint8Array | undefined> {
    signal?.throwIfAborted()
    while (inbox.length === 0 && !isOver) await changed.after(changed.count, { signal })
    const pause = inbox.length > 0 ? limiter?.ready({ signal: signal ?? disposed.signal }) : undefined
    if (pause !== undefined) await pause
    const message = take()
    if (message === undefined && failure !== undefined) throw failure
    return message
  }

  async function dispose(): Promise<void> {
    const ending = end()
    disposed.abort(lost('The connection was closed here.'))
    // Nobody will read it: let others have the room.
    for (const message of inbox.splice(0)) limiter?.left(message, costOf(message))
    await ending
  }

  return {
    connection: { send, receive, [Symbol.asyncDispose]: dispose },
    deliver,
    lose,
    end,
  }
}
