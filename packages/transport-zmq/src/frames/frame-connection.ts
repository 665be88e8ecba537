import { type AbortOptions, WatcherError } from '@perun-watcher/core'
import { assertNever, toError, wakeSignal } from '@perun-watcher/core/adapter'
import { type Connection, inbox, type ReceiveLimiter } from '@perun-watcher/protocol/adapter'
import type { Frame } from './frames.ts'
import { encodeFrame } from './frames.ts'
import { costOf, longestFor, receiveWindow, sendWindow } from './window.ts'

export interface FrameConnectionOptions {
  /** Hands a frame to libzmq, which must have room for it. Rejects if the connection is unusable. */
  readonly transmit: (frame: Uint8Array) => Promise<void>
  /**
   * Whether `transmit` rejected only because the peer has disconnected. Then what the peer sent before may still arrive, and
   * `lose` is called afterwards.
   */
  readonly isGone?: ((error: unknown) => boolean) | undefined
  /** Most cost in transit to the peer. */
  readonly outWindow: number
  /** Most cost in transit from the peer. */
  readonly inWindow: number
  readonly limiter?: ReceiveLimiter | undefined
  /**
   * Called once, when the connection has ended for whatever reason. `lastFrame`: the `end` frame to send, unless the peer has
   * ended the connection or is gone.
   */
  readonly onOver: (lastFrame: Uint8Array | undefined) => Promise<void>
}

/** One open connection over frames; the same on both sides. */
export interface FrameConnection {
  readonly connection: Connection
  /**
   * Processes a frame from the peer.
   *
   * @throws WatcherError if the frame breaks the rules; the connection should be ended with it.
   */
  deliver(frame: Frame): void
  /** The peer is gone without an `end` frame. What it sent before can still be read. */
  lose(reason: WatcherError): void
  /** Ends the connection, in order if there is no reason. */
  end(reason?: WatcherError): Promise<void>
}

export function lost(what: string, cause?: unknown): WatcherError {
  return new WatcherError('CONNECTION_LOST', what, { cause })
}

function violation(rule: string): WatcherError {
  return new WatcherError('PROTOCOL_VIOLATION', rule)
}

const closedHere = (): WatcherError => lost('The connection was closed here.')

export function frameConnection({
  transmit,
  isGone = () => false,
  outWindow,
  inWindow,
  limiter,
  onOver,
}: FrameConnectionOptions): FrameConnection {
  /** There may be room for messages to send, or the connection is over. */
  const changed = wakeSignal()
  const outgoing = sendWindow(outWindow)
  const room = receiveWindow(inWindow)
  const incoming = inbox({ costOf, onTaken, limiter })
  let sent = 0
  let received = 0
  let isOver = false
  /** Why the connection ended; `undefined`: in order. */
  let failure: WatcherError | undefined

  function over(reason: WatcherError | undefined): boolean {
    if (isOver) return false
    isOver = true
    failure = reason
    incoming.end(reason)
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

  /** Never rejects. Hot: not `async`, because each additional await costs time per message. */
  function put(frame: Frame): Promise<'sent' | 'gone'> {
    return transmit(encodeFrame(frame)).then(() => 'sent', onRefused)
  }

  async function end(reason?: WatcherError): Promise<void> {
    if (!over(reason ?? closedHere())) return
    await onOver(encodeFrame({ kind: 'end', reason }))
  }

  function receiveMessage({ number, message }: Frame & { readonly kind: 'data' }): void {
    // CURVE detects modified messages, but an attacker on the network path can drop a whole one.
    if (number !== received >>> 0) throw lost('A message was lost on its way.')
    received += 1
    if (message.length > longestFor(inWindow)) {
      throw new WatcherError('MESSAGE_TOO_LARGE', `A message was longer than ${longestFor(inWindow)} bytes.`)
    }
    if (!room.received(costOf(message))) throw violation('A message was sent for which the receiver had not made room.')
    incoming.push(message)
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

  function onTaken(cost: number): void {
    const total = room.taken(cost)
    if (total !== undefined && !isOver) void put({ kind: 'taken', total })
  }

  async function dispose(): Promise<void> {
    const ending = end()
    incoming.drop(closedHere())
    await ending
  }

  return {
    connection: { send, receive: incoming.receive, [Symbol.asyncDispose]: dispose },
    deliver,
    lose,
    end,
  }
}
