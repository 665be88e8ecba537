import type { Dealer, MessageLike, Router } from 'zeromq'

/** A closed socket throws at once; here it rejects, as everything else does. */
export function sendOn(socket: Dealer | Router, message: MessageLike | MessageLike[]): Promise<void> {
  try {
    return socket.send(message)
  } catch (error) {
    return Promise.reject(error)
  }
}
