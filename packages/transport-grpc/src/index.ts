/**
 * Connections between clients and the Perun watcher over gRPC: TLS, with client certificates or tokens, health and reflection.
 *
 * @packageDocumentation
 */

export type { ConnectionLimits } from '@perun-watcher/protocol/adapter'
export { type GrpcConnectorOptions, grpcConnector } from './client/grpc-connector.ts'
export type {
  Authorise,
  ClientIdentity,
  ClientSecurity,
  Plaintext,
  ServerSecurity,
  ServerTrust,
} from './security/security.ts'
export {
  clientNameOf,
  type GenerateTlsKeysOptions,
  generateTlsKeys,
  type PublicKeyHash,
  parsePublicKeyHash,
  parseTlsKeys,
  publicKeyHashOf,
  type TlsKeys,
} from './security/tls-keys.ts'
export {
  type ClientToken,
  newClientToken,
  parseClientToken,
  parseTokenHash,
  type TokenHash,
  type TokenLookup,
  tokenHashOf,
} from './security/tokens.ts'
export { type GrpcServer, type GrpcServerOptions, grpcServer } from './server/grpc-server.ts'
export type { GrpcServerStats } from './server/server-stats.ts'
export type { GrpcServerLimits } from './settings/limits.ts'
