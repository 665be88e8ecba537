import type { Context } from 'zeromq'
import { longestFrame } from '../frames/window.ts'
import type { ClientSecurity } from '../security/security.ts'
import type { ConnectionLimits } from '../settings/limits.ts'
import { NamedDealer } from '../socket/named-dealer.ts'
import { keepalive, lingerMs, newContext } from '../socket/socket-options.ts'

let shared: Context | undefined

/** One for all clients of this process: each has a thread. */
function clientContext(): Context {
  shared ??= newContext()
  return shared
}

/**
 * When libzmq would connect again by itself: the socket is closed long before. Not -1, its word for never: then it drops what
 * came and was not read yet when the other side leaves.
 */
const neverMs = 3_600_000

/** A socket that connects once: whether to try again is decided by who has it. */
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
    // No waiting in zeromq.js: the window keeps what is under way small.
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
