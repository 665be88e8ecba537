import type { AbortOptions, ClientName } from '@perun-watcher/core'

/**
 * Carries whole messages in both directions, in order. Two methods and an end, so that a transport is quickly written; what
 * it carries is described in docs/wire.md.
 *
 * Messages arrive whole, once and in the order in which they were sent, or the connection ends: a connection may lose the
 * messages at its end, never one in the middle.
 */
export interface Connection extends AsyncDisposable {
  /**
   * Hands one message to the transport. Resolves when the transport can take the next one, not when the message has arrived;
   * waits while the peer does not read. One call at a time.
   *
   * @throws WatcherError `CONNECTION_LOST` once the connection has ended, `MESSAGE_TOO_LARGE`, or the signal's reason.
   */
  send(message: Uint8Array, options?: AbortOptions): Promise<void>
  /**
   * The next message; `undefined` once the peer has closed the connection in order. One call at a time.
   *
   * @throws WatcherError `CONNECTION_LOST` if it broke or was disposed of on this side, even if unread messages are left;
   *   another code if the transport knows the reason; or the signal's reason.
   */
  receive(options?: AbortOptions): Promise<Uint8Array | undefined>
  /** Closes the connection on both sides. What was sent before is still delivered if that takes no time. Never rejects. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * How a client reaches its watcher: opens a new connection each time it is called.
 *
 * @throws WatcherError `CONNECTION_LOST` if the watcher cannot be reached; `CONNECTION_REFUSED` if it does not admit the
 *   client, which makes further attempts as rare as possible; a code that is not retryable ends them.
 */
export type Connector = (options: AbortOptions) => Promise<Connection>

/** A connection as the server gets it. */
export interface AcceptedConnection {
  readonly connection: Connection
  /** The client as the transport has authenticated it: nobody else can connect under this name. */
  readonly client: ClientName
  /** The peer's address for logs, as far as the transport knows it. */
  readonly remote?: string | undefined
}
