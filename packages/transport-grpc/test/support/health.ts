import { once } from 'node:events'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Client, ClientReadableStream, ServiceError } from '@grpc/grpc-js'
import { onTestFinished } from 'vitest'
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Serving,
} from '../../src/generated/grpc/health/v1/health_pb.js'

export { Serving }

const health = {
  write: (service: string) =>
    Buffer.from(toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service }))),
  read: (bytes: Buffer) => fromBinary(HealthCheckResponseSchema, bytes).status,
}

/** One question to the health service. */
export function check(client: Client, service: string): Promise<Serving> {
  return new Promise((resolve, reject) => {
    const done = (error: ServiceError | null, status?: Serving): void =>
      status === undefined ? reject(error) : resolve(status)
    client.makeUnaryRequest('/grpc.health.v1.Health/Check', health.write, health.read, service, done)
  })
}

/** What it says from now on; cancelled at the end of the test. */
export function watch(client: Client, service: string): ClientReadableStream<Serving> {
  const call = client.makeServerStreamRequest('/grpc.health.v1.Health/Watch', health.write, health.read, service)
  call.on('error', () => {})
  onTestFinished(() => call.cancel())
  return call
}

export const next = async (call: ClientReadableStream<Serving>): Promise<Serving> => (await once(call, 'data'))[0]
