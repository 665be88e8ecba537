import { type Server, type ServerUnaryCall, type ServerWritableStream, type sendUnaryData, status } from '@grpc/grpc-js'
import {
  Health,
  type HealthCheckRequest,
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Serving,
} from '../generated/grpc/health/v1/health_pb.js'
import { codecOf } from './codec-of.ts'

export interface HealthService {
  setServing(isServing: boolean): void
}

interface Answer {
  readonly status: Serving
}

type WatchCall = ServerWritableStream<HealthCheckRequest, Answer>

/** `grpc.health.v1.Health`, for the server as a whole and for its one service, of which the same is true. */
export function healthService(server: Server, service: string, isServing: boolean): HealthService {
  const { read, write } = codecOf(HealthCheckRequestSchema, HealthCheckResponseSchema)
  const watching = new Set<WatchCall>()
  let now = servingIf(isServing)

  const isKnown = (name: string): boolean => name === '' || name === service

  function check(call: ServerUnaryCall<HealthCheckRequest, Answer>, answer: sendUnaryData<Answer>): void {
    if (isKnown(call.request.service)) answer(null, { status: now })
    else answer({ code: status.NOT_FOUND, details: 'There is no such service here.' })
  }

  function watch(call: WatchCall): void {
    call.on('error', () => {})
    if (!isKnown(call.request.service)) return void call.write({ status: Serving.SERVICE_UNKNOWN })
    watching.add(call)
    call.on('cancelled', () => watching.delete(call))
    call.write({ status: now })
  }

  server.register(`/${Health.typeName}/${Health.method.check.name}`, check, write, read, 'unary')
  server.register(`/${Health.typeName}/${Health.method.watch.name}`, watch, write, read, 'serverStream')

  return {
    setServing(isServing) {
      const next = servingIf(isServing)
      if (next === now) return
      now = next
      for (const call of watching) {
        // Whoever does not read what changes must not make us keep it.
        if (call.writableNeedDrain) call.destroy()
        else call.write({ status: now })
      }
    },
  }
}

const servingIf = (isServing: boolean): Serving => (isServing ? Serving.SERVING : Serving.NOT_SERVING)
