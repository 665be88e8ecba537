import type { Observer, Socket } from 'zeromq'

const attempts = 10

/**
 * The events of a socket. zeromq.js names the channel for them after an address in memory, at which another socket's may still
 * be about to close (EADDRINUSE); each attempt has another address.
 */
export function socketEvents(socket: Socket): Observer {
  for (let attempt = 1; ; attempt++) {
    try {
      return socket.events
    } catch (error) {
      if (attempt === attempts) throw error
    }
  }
}
