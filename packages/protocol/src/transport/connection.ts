import type { AbortOptions, ClientName } from '@perun-watcher/core'

/**
 * A way to carry whole messages in both directions, in order. Two methods, so that a transport is quickly written; see
 * docs/wire.md for what it carries.
 *
 * Messages arrive whole, once and in the order in which they were sent, or the connection ends: a connection may lose the
 * messages at its end, never one in the middle.
 */
export interface Connection extends AsyncDisposable {
  /**
   * Hands one message over. Resolves when the transport can take the next one, not when it has arrived: a peer that does
   * not read makes it wait. One call at a time.
   *
   * @throws WatcherError `CONNECTION_LOST` once the connection has ended, `MESSAGE_TOO_LARGE`, or the signal's reason.
   */
  send(message: Uint8Array, options?: AbortOptions): Promise<void>
  /**
   * The next message; `undefined` once the peer ended the connection in order. One call at a time.
   *
   * @throws WatcherError `CONNECTION_LOST` if it broke or was disposed of on this side, whatever had come and was not read;
   *   another code where the transport knows why it ended; or the signal's reason.
   */
  receive(options?: AbortOptions): Promise<Uint8Array | undefined>
  /** Ends the connection, for the peer too. What was sent before is still delivered if that takes no time. Never rejects. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * How a client gets to its watcher: makes a new connection, each time it is called.
 *
 * @throws WatcherError `CONNECTION_LOST` if the watcher cannot be reached; `CONNECTION_REFUSED` if it does not let the client in,
 *   which makes the next attempts as rare as may be; codes that are not retryable end them.
 */
export type Connector = (options: AbortOptions) => Promise<Connection>

/** A connection as the server gets it. */
export interface AcceptedConnection {
  readonly connection: Connection
  /** Whose it is. The transport has made sure of it: nobody else can come under this name. */
  readonly client: ClientName
  /** For logs: where it comes from, as far as the transport knows. */
  readonly remote?: string | undefined
}
