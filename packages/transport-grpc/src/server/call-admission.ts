import {
  type Metadata,
  type Responder,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  status,
} from '@grpc/grpc-js'
import { connectPath } from '../stream/method.ts'
import { type ReadGate, readGate } from '../stream/read-gate.ts'
import type { Line, Lines } from './lines.ts'
import type { GrpcServerStats } from './server-stats.ts'

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

/** Stands between gRPC and all handlers: counts calls that need no client before anything of them is read. */
export function callAdmission(lines: Lines, maxAnonymousCalls: number, stats: GrpcServerStats): CallAdmission {
  const contexts = new WeakMap<Metadata, CallContext>()

  function anonymous(call: ServerInterceptingCallInterface): ServerInterceptingCall {
    return new ServerInterceptingCall(call, {
      start(next) {
        if (stats.anonymousCalls >= maxAnonymousCalls) {
          call.sendStatus({
            code: status.RESOURCE_EXHAUSTED,
            details: 'Too many such calls at a time.',
            metadata: null,
          })
          return
        }
        const line = lines.find(call.getConnectionInfo())
        if (line !== undefined) line.isCalled = true
        let isCounted = false
        next({
          // Not above: a call that was over before is never told to be.
          onReceiveMetadata(headers, nextMetadata) {
            isCounted = true
            stats.anonymousCalls += 1
            nextMetadata(headers)
          },
          onCancel() {
            if (isCounted) stats.anonymousCalls -= 1
          },
        })
      },
    })
  }

  function ofClient(call: ServerInterceptingCallInterface): ServerInterceptingCall {
    const gate = readGate()
    const context = { gate, line: lines.find(call.getConnectionInfo()) }
    const responder: Responder = {
      start(next) {
        next({
          onReceiveMetadata(headers, nextMetadata) {
            contexts.set(headers, context)
            nextMetadata(headers)
          },
        })
      },
    }
    return new GatedServerCall(call, responder, gate)
  }

  return {
    interceptor: (method, call) => (method.path === connectPath ? ofClient(call) : anonymous(call)),
    contextOf: (headers) => contexts.get(headers),
  }
}
