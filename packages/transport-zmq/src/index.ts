/**
 * Connections between clients and the Perun watcher over ZeroMQ: tcp and ipc, encrypted and authenticated with CURVE.
 *
 * @packageDocumentation
 */

export type { ConnectionLimits, ServerLimits } from '@perun-watcher/protocol/adapter'
export { type ZmqConnectorOptions, zmqConnector } from './client/zmq-connector.ts'
export {
  type CurveKeys,
  type CurvePublicKey,
  type CurveSecretKey,
  clientNameOf,
  generateCurveKeys,
  parseCurveKeys,
  parseCurvePublicKey,
  parseCurveSecretKey,
} from './security/curve-keys.ts'
export type { ClientSecurity, Plaintext, ServerSecurity } from './security/security.ts'
export type { ZmqServerStats } from './server/server-stats.ts'
export { type ZmqServer, type ZmqServerOptions, zmqServer } from './server/zmq-server.ts'
