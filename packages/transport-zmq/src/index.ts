/**
 * Connections between clients and the Perun watcher over ZeroMQ: tcp and ipc, encrypted and authenticated with CURVE.
 *
 * @packageDocumentation
 */
export {
  type CurveKeys,
  type CurvePublicKey,
  type CurveSecretKey,
  clientNameOf,
  generateCurveKeys,
  parseCurveKeys,
  parseCurvePublicKey,
  parseCurveSecretKey,
} from './curve-keys.ts'
export type { LinkLimits, ServerLimits } from './limits.ts'
export type { ClientSecurity, Plaintext, ServerSecurity } from './security.ts'
export type { ZmqServerStats } from './server-stats.ts'
export { type ZmqConnectorOptions, zmqConnector } from './zmq-connector.ts'
export { type ZmqServer, type ZmqServerOptions, zmqServer } from './zmq-server.ts'
