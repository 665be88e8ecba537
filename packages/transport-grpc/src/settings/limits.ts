import {
  type ConnectionLimits,
  connectionDefaults,
  type GivenLimits,
  parseLimits,
  type ServerLimits,
  serverDefaults,
} from '@perun-watcher/protocol/adapter'

/** What a server over gRPC bounds: also who connects from where, and what anybody may ask. */
export interface GrpcServerLimits extends ServerLimits {
  /** Most connections from one IPv4 address or one IPv6 /64 network, opened or not. Default 256. */
  readonly maxConnectionsPerAddress: number
  /** Most calls of the health and the reflection service at a time. Default 256. */
  readonly maxAnonymousCalls: number
}

const grpcServerDefaults: GrpcServerLimits = {
  ...serverDefaults,
  maxConnectionsPerAddress: 256,
  maxAnonymousCalls: 256,
}

/** Timers and lengths of gRPC have 31 bits. */
const mostIn31Bits = 2 ** 30

/** @throws WatcherError `OPTION_INVALID` */
export const parseConnectionLimits = (given: GivenLimits<ConnectionLimits> = {}): ConnectionLimits =>
  parseLimits(given, connectionDefaults, mostIn31Bits)

/** @throws WatcherError `OPTION_INVALID` */
export const parseServerLimits = (given: GivenLimits<GrpcServerLimits> = {}): GrpcServerLimits =>
  parseLimits(given, grpcServerDefaults, mostIn31Bits)
