import { type Context, Router, type SocketOptions } from 'zeromq'
import { longestFrame, mostMessages, windowFor } from '../frames/window.ts'
import type { ServerSecurity } from '../security/security.ts'
import type { ServerLimits } from '../settings/limits.ts'
import { keepalive, lingerMs } from '../socket/socket-options.ts'

/** ZMQ_ROUTER_NOTIFY of libzmq's draft interface, in every prebuilt zeromq.js; and its flags for coming and going. */
const routerNotify = 97
const comeAndGo = 3

/**
 * A ROUTER that receives an empty message from each peer that comes, and another one when it goes.
 *
 * It cannot close one of its connections: libzmq has no call for that. Its handover of routing ids could be used so, but
 * it aborts the process now and then (4.3.5, pipe.cpp: `_state == term_ack_sent`). Never switch that on.
 */
class NotifyingRouter extends Router {
  constructor(options: SocketOptions<Router>) {
    super(options)
    this.setInt32Option(routerNotify, comeAndGo)
  }
}

/** Frames besides messages: opened, taken, end. */
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
    // An error instead of silence when a peer is gone or does not read.
    mandatory: true,
    sendTimeout: 0,
    sendHighWaterMark: mostAtOnce,
    // If it were less than what a client may send at once, libzmq would drop the rest when the client leaves.
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
          // Without an answer of the ZAP handler nobody gets in.
          zapEnforceDomain: true,
        }
      : {}),
  })
}
