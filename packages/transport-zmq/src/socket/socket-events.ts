import type { Observer, Socket } from 'zeromq'

const attempts = 10

/**
 * The events of a socket. zeromq.js names their channel after a memory address, where that of another socket may still be
 * closing (EADDRINUSE). Each attempt gets another address.
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
