import { env } from 'node:process'
import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js'

/**
 * Keeps gRPC from printing headers that it refuses, tokens among them, for every call of a stranger and past all logs. Whoever
 * asks for its output by its own variables gets it.
 */
export function quietGrpc(): void {
  const { GRPC_VERBOSITY: wanted, GRPC_NODE_VERBOSITY: wantedOfNode } = env
  if (wanted === undefined && wantedOfNode === undefined) setLogVerbosity(logVerbosity.NONE)
}
