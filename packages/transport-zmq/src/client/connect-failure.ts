import { WatcherError } from '@perun-watcher/core'
import type { Event } from 'zeromq'

/**
 * The error that an event of a client's socket stands for, if it means that the connection has ended.
 *
 * CONNECTION_REFUSED is not authenticated: libzmq sends it unencrypted. A wrong key of the watcher cannot be told from a
 * network that interrupts the handshake.
 */
export function connectFailure(event: Event, endpoint: string): WatcherError | undefined {
  const details = [`Address ${endpoint}.`]
  switch (event.type) {
    case 'handshake:error:auth':
      if (event.error.status !== 400) break
      return new WatcherError('CONNECTION_REFUSED', 'The watcher does not allow the public key of this client.', {
        details,
      })
    case 'handshake:error:protocol':
      return new WatcherError('CONNECTION_LOST', 'The two sides do not agree on CURVE or its keys.', {
        details: [...details, `libzmq says ${event.error.code}.`],
      })
    case 'handshake:error:other':
      return new WatcherError('CONNECTION_LOST', 'The handshake was broken off.', {
        details: [...details, 'Often the key of the watcher is wrong, or something else listens there.'],
      })
    case 'close':
    case 'close:error':
      return new WatcherError('CONNECTION_LOST', 'The watcher cannot be reached.', { details })
    case 'disconnect':
    case 'end':
      return new WatcherError('CONNECTION_LOST', 'The connection to the watcher broke.', { details })
    default:
      return undefined
  }
  return new WatcherError('CONNECTION_LOST', 'The watcher takes no connections now.', { details })
}
