import { type Context, Router, type SocketOptions } from 'zeromq'
import type { ServerLimits } from './limits.ts'
import { NamedDealer } from './named-dealer.ts'
import type { ServerSecurity } from './security.ts'
import { keepalive, lingerMs } from './socket-options.ts'
import { longestFrame, mostMessages, windowFor } from './window.ts'

/** ZMQ_ROUTER_NOTIFY of libzmq's draft interface, in every prebuilt zeromq.js; and its flags for coming and going. */
const routerNotify = 97
const comeAndGo = 3

/** A ROUTER that receives an empty message from each peer that comes, and another one when it goes. */
class NotifyingRouter extends Router {
  constructor(options: SocketOptions<Router>) {
    super(options)
    this.setInt32Option(routerNotify, comeAndGo)
  }
}

/** How much may wait in libzmq of one peer before it is read no further: little, since the queue proper is the inbox. */
const receiveQueue = 64
/** Frames besides messages: opened, taken, end. */
const spareFrames = 64
interface RouterOptions {
  readonly context: Context
  readonly security: ServerSecurity
  readonly limits: ServerLimits
  readonly ipv6: boolean
}

export function serverRouter({ context, security, limits, ipv6 }: RouterOptions): Router {
  return new NotifyingRouter({
    context,
    linger: lingerMs,
    // An error instead of silence when a peer is gone or does not read.
    mandatory: true,
    sendTimeout: 0,
    sendHighWaterMark: mostMessages(windowFor(limits.maxMessageBytes)) + spareFrames,
    receiveHighWaterMark: receiveQueue,
    maxMessageSize: longestFrame(limits.maxMessageBytes),
    // Lets `expel` work. Nobody else can take over a connection: its routing id is a secret of 128 bits.
    handover: true,
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

/** Where `expel` reaches the router; only this context can. */
export const expelAddress = 'inproc://expel'

/**
 * Cuts a peer off, which libzmq offers no call for: a new peer with the same routing id takes its place and goes at once.
 * What was sent to the old peer is still delivered, nothing more is read from it, and its connection is closed by the
 * heartbeat if it does not close it by itself.
 */
export function expel(context: Context, routingId: Buffer): void {
  const replacement = new NamedDealer(routingId, { context, linger: 0 })
  replacement.connect(expelAddress)
  replacement.close()
}
