import { Readable } from 'node:stream'
import type { ServerInterceptingCallInterface, ServerListener } from '@grpc/grpc-js'

/*
 * What gRPC bounds too late, or not at all, can be seen inside of its calls only. Should a later version of it keep these
 * things elsewhere, calls are served without these bounds, and the tests of them fail.
 */

/** Whether the client has announced compressed messages. */
export function isCompressed(call: ServerInterceptingCallInterface): boolean {
  return 'incomingEncoding' in call && call.incomingEncoding !== 'identity'
}

/** Has to hear of each message, as gRPC hands it on. */
export interface PieceLimit {
  readonly onReceiveMessage: NonNullable<ServerListener['onReceiveMessage']>
}

/**
 * Bounds in how many pieces a message may come. gRPC keeps every piece, and the buffer that it was read into, until the message
 * is complete; a stranger can send it byte by byte.
 */
export function limitPieces(call: ServerInterceptingCallInterface, most: number, onTooMany: () => void): PieceLimit {
  let pieces = 0
  // gRPC has paused it, which a listener does not change.
  if ('stream' in call && call.stream instanceof Readable) {
    call.stream.on('data', () => {
      pieces += 1
      if (pieces === most + 1) onTooMany()
    })
  }
  return {
    onReceiveMessage(message, next) {
      pieces = 0
      next(message)
    },
  }
}
