import type { ConnectionLimits } from '@perun-watcher/protocol/adapter'
import type { Context } from 'zeromq'
import { longestFrame } from '../frames/window.ts'
import type { ClientSecurity } from '../security/security.ts'
import { NamedDealer } from '../socket/named-dealer.ts'
import { keepalive, lingerMs, newContext } from '../socket/socket-options.ts'

let shared: Context | undefined

/** One for all clients of this process, because each context has a thread of its own. */
function clientContext(): Context {
  shared ??= newContext()
  return shared
}

/**
 * When libzmq would reconnect by itself; the socket is closed long before that. Not -1 (never): with it libzmq drops messages
 * that have arrived and are not read yet when the peer leaves.
 */
const neverMs = 3_600_000

/** A socket that connects once; reconnecting is up to the caller. */
export function clientSocket(
  routingId: Buffer,
  security: ClientSecurity,
  limits: ConnectionLimits,
  ipv6: boolean,
): NamedDealer {
  return new NamedDealer(routingId, {
    context: clientContext(),
    linger: lingerMs,
    reconnectInterval: neverMs,
    // Never block inside zeromq.js: the window bounds what is in transit.
    sendTimeout: 0,
    sendHighWaterMark: 0,
    maxMessageSize: longestFrame(limits.maxMessageBytes),
    handshakeInterval: limits.openTimeoutMs,
    connectTimeout: limits.openTimeoutMs,
    heartbeatInterval: limits.heartbeatMs,
    heartbeatTimeout: limits.heartbeatMs,
    ipv6,
    ...keepalive,
    ...('serverKey' in security
      ? {
          curveServerKey: security.serverKey,
          curvePublicKey: security.keys.publicKey,
          curveSecretKey: security.keys.secretKey,
        }
      : {}),
  })
}
