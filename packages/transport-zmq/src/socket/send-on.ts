import type { Dealer, MessageLike, Router } from 'zeromq'

/** Sends on a socket. A closed one throws synchronously; here it rejects, like any other failure. */
export function sendOn(socket: Dealer | Router, message: MessageLike | MessageLike[]): Promise<void> {
  try {
    return socket.send(message)
  } catch (error) {
    return Promise.reject(error)
  }
}
