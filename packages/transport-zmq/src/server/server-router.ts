import type { ServerLimits } from '@perun-watcher/protocol/adapter'
import { type Context, Router, type SocketOptions } from 'zeromq'
import { longestFrame, mostMessages, windowFor } from '../frames/window.ts'
import type { ServerSecurity } from '../security/security.ts'
import { keepalive, lingerMs } from '../socket/socket-options.ts'

/** ZMQ_ROUTER_NOTIFY of libzmq's draft API, which every prebuilt zeromq.js has, and its flags for connect and disconnect. */
const routerNotify = 97
const connectAndDisconnect = 3

/**
 * A ROUTER that receives an empty message when a peer connects, and another one when it disconnects.
 *
 * It cannot close a single connection: libzmq has no call for that. ZMQ_ROUTER_HANDOVER could be abused for it, but it
 * aborts the process now and then (4.3.5, pipe.cpp: `_state == term_ack_sent`). Never switch it on.
 */
class NotifyingRouter extends Router {
  constructor(options: SocketOptions<Router>) {
    super(options)
    this.setInt32Option(routerNotify, connectAndDisconnect)
  }
}

/** Room for frames other than data: opened, taken, end. */
const spareFrames = 64
interface RouterOptions {
  readonly context: Context
  readonly security: ServerSecurity
  readonly limits: ServerLimits
  readonly ipv6: boolean
}

export function serverRouter({ context, security, limits, ipv6 }: RouterOptions): Router {
  const mostAtOnce = mostMessages(windowFor(limits.maxMessageBytes)) + spareFrames
  return new NotifyingRouter({
    context,
    linger: lingerMs,
    // Fail instead of dropping silently when a peer is gone or does not read.
    mandatory: true,
    sendTimeout: 0,
    sendHighWaterMark: mostAtOnce,
    // Not less than what a client may have in transit, or libzmq would drop the rest when the client leaves.
    receiveHighWaterMark: mostAtOnce,
    maxMessageSize: longestFrame(limits.maxMessageBytes),
    handshakeInterval: limits.openTimeoutMs,
    heartbeatInterval: limits.heartbeatMs,
    heartbeatTimeout: limits.heartbeatMs,
    backlog: 4096,
    ipv6,
    ...keepalive,
    ...('curve' in security
      ? {
          curveServer: true,
          curveSecretKey: security.curve.secretKey,
          zapDomain: 'perun-watcher',
          // Without an answer from the ZAP handler nobody is admitted.
          zapEnforceDomain: true,
        }
      : {}),
  })
}
