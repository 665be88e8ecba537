import {
  Metadata,
  type Responder,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type StatusObject,
  status,
} from '@grpc/grpc-js'
import type { GrpcServerLimits } from '../settings/limits.ts'
import { connectPath } from '../stream/method.ts'
import { type ReadGate, readGate } from '../stream/read-gate.ts'
import { isCompressed, limitPieces, type PieceLimit } from './call-inside.ts'
import type { Line, Lines } from './lines.ts'
import { countRefusal, type GrpcServerStats } from './server-stats.ts'

/** What gRPC does not tell a handler of its call. */
export interface CallContext {
  readonly gate: ReadGate
  /** `undefined`: the socket is gone already. */
  readonly line: Line | undefined
}

interface CallAdmission {
  readonly interceptor: ServerInterceptor
  /** Of the call with these headers. */
  contextOf(headers: Metadata): CallContext | undefined
}

class GatedServerCall extends ServerInterceptingCall {
  readonly #gate: ReadGate

  constructor(next: ServerInterceptingCallInterface, responder: Responder, gate: ReadGate) {
    super(next, responder)
    this.#gate = gate
  }

  override startRead(): void {
    this.#gate.request(() => super.startRead())
  }
}

/** Pieces in which a message may come, and one more for each KiB of the longest that a client may send. */
const mostPieces = 16

/**
 * Stands between gRPC and all handlers, before anything of a call is read: counts those that need no client, and bounds what
 * gRPC does not.
 */
export function callAdmission(
  lines: Lines,
  { maxAnonymousCalls, maxMessageBytes }: Pick<GrpcServerLimits, 'maxAnonymousCalls' | 'maxMessageBytes'>,
  stats: GrpcServerStats,
): CallAdmission {
  const contexts = new WeakMap<Metadata, CallContext>()

  function pieceLimit(call: ServerInterceptingCallInterface, line: Line | undefined, most: number): PieceLimit {
    return limitPieces(call, most, () => {
      countRefusal(stats, 'PROTOCOL_VIOLATION')
      line?.socket.destroy()
    })
  }

  function anonymous(call: ServerInterceptingCallInterface): ServerInterceptingCall {
    return new ServerInterceptingCall(call, {
      start(next) {
        if (stats.anonymousCalls >= maxAnonymousCalls) return call.sendStatus(tooManyCalls)
        const line = lines.find(call.getConnectionInfo())
        if (line !== undefined) line.isCalled = true
        const pieces = pieceLimit(call, line, mostPieces)
        let isCounted = false
        next({
          // Not above: a call that was over before is never told to be.
          onReceiveMetadata(headers, nextMetadata) {
            isCounted = true
            stats.anonymousCalls += 1
            nextMetadata(headers)
          },
          onReceiveMessage: pieces.onReceiveMessage,
          onCancel() {
            if (isCounted) stats.anonymousCalls -= 1
          },
        })
      },
    })
  }

  function ofClient(call: ServerInterceptingCallInterface): ServerInterceptingCall {
    const gate = readGate()
    const line = lines.find(call.getConnectionInfo())
    const context = { gate, line }
    const pieces = pieceLimit(call, line, mostPieces + Math.ceil(maxMessageBytes / 1024))
    const responder: Responder = {
      start(next) {
        next({
          onReceiveMetadata(headers, nextMetadata) {
            contexts.set(headers, context)
            nextMetadata(headers)
          },
          onReceiveMessage: pieces.onReceiveMessage,
        })
      },
    }
    return new GatedServerCall(call, responder, gate)
  }

  return {
    interceptor(method, call) {
      if (isCompressed(call)) return refused(call, takenAsTheyAre)
      return method.path === connectPath ? ofClient(call) : anonymous(call)
    },
    contextOf: (headers) => contexts.get(headers),
  }
}

const tooManyCalls: StatusObject = statusOf(status.RESOURCE_EXHAUSTED, 'Too many such calls at a time.')

/** Unpacking costs a processor far more than a stranger, who can put hundreds of compressed messages into one frame. */
const takenAsTheyAre: StatusObject = statusOf(status.UNIMPLEMENTED, 'Messages must not be compressed.')

function statusOf(code: status, details: string): StatusObject {
  return { code, details, metadata: new Metadata() }
}

/** A call that is over at once. */
function refused(call: ServerInterceptingCallInterface, why: StatusObject): ServerInterceptingCall {
  return new ServerInterceptingCall(call, { start: () => call.sendStatus(why) })
}
