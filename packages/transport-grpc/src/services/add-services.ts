import type { handleBidiStreamingCall, Server } from '@grpc/grpc-js'
import { serviceFile, watcherService } from '@perun-watcher/protocol/internal'
import { Health, file_grpc_health_v1_health as healthFile } from '../generated/grpc/health/v1/health_pb.js'
import {
  file_grpc_reflection_v1_reflection as reflectionFile,
  ServerReflection,
} from '../generated/grpc/reflection/v1/reflection_pb.js'
import { connectPath } from '../stream/method.ts'
import { type HealthService, healthService } from './health-service.ts'
import { reflectionService } from './reflection-service.ts'

/** Everything that a server serves. Health and reflection tell nothing of clients, and need none. */
export function addServices(
  server: Server,
  handle: handleBidiStreamingCall<Buffer, Buffer>,
  isServing: boolean,
): HealthService {
  const bytes = (message: Buffer): Buffer => message
  server.register(connectPath, handle, bytes, bytes, 'bidi')
  const services = [watcherService, Health, ServerReflection].map(({ typeName }) => typeName)
  reflectionService(server, services, [serviceFile, healthFile, reflectionFile])
  return healthService(server, watcherService.typeName, isServing)
}
