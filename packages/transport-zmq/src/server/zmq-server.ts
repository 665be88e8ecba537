import { type Clock, type Logger, WatcherError } from '@perun-watcher/core'
import { silentLogger } from '@perun-watcher/core/adapter'
import {
  type AcceptedConnection,
  acceptQueue,
  type GivenLimits,
  type ServerLimits,
} from '@perun-watcher/protocol/adapter'
import { capability, type Router } from 'zeromq'
import { checkServerSecurity, type ServerSecurity } from '../security/security.ts'
import { isIPv6Endpoint, parseEndpoint, readableAddress } from '../settings/endpoint.ts'
import { parseServerLimits } from '../settings/limits.ts'
import { sendOn } from '../socket/send-on.ts'
import { newContext } from '../socket/socket-options.ts'
import { bindEndpoint, untilFree } from './bind-endpoint.ts'
import { identify } from './identify.ts'
import { type Peers, serverPeers } from './server-peers.ts'
import { serverRouter } from './server-router.ts'
import { newStats, type ZmqServerStats } from './server-stats.ts'
import { type ZapHandler, zapHandler } from './zap-handler.ts'

export interface ZmqServerOptions {
  /** Where to listen: `tcp://address:port` (port `*`: any free one) or `ipc:///path`. */
  readonly endpoints: string | readonly string[]
  readonly security: ServerSecurity
  readonly limits?: GivenLimits<ServerLimits> | undefined
  readonly clock: Clock
  readonly logger?: Logger | undefined
}

/** The connections that clients make, for `serveWatcher`. */
export interface ZmqServer extends AsyncIterable<AcceptedConnection>, AsyncDisposable {
  /** Where it listens, with the ports that the machine chose. */
  readonly endpoints: readonly string[]
  readonly stats: Readonly<ZmqServerStats>
  /** Stops listening, ends all connections in order, and the iteration. */
  close(): Promise<void>
}

/**
 * Listens for clients.
 *
 * @throws WatcherError `OPTION_INVALID`, `PLAINTEXT_REFUSED` or `ADDRESS_UNUSABLE`
 */
export async function zmqServer(options: ZmqServerOptions): Promise<ZmqServer> {
  const { clock, logger = silentLogger } = options
  const limits = parseServerLimits(options.limits)
  const wanted = [options.endpoints].flat().map(parseEndpoint)
  if (wanted.length === 0) throw new WatcherError('OPTION_INVALID', 'Give at least one endpoint to listen on.')
  const security = checkServerSecurity(options.security, wanted)
  assertCapable()

  const stats = newStats()
  // libzmq asks one ZAP handler per context.
  const context = newContext()
  const router = serverRouter({ context, security, limits, ipv6: wanted.some(isIPv6Endpoint) })
  const accepted = acceptQueue()
  const peers = serverPeers({
    limits,
    clock,
    logger,
    stats,
    send: (routingId, frame) => sendOn(router, [routingId, frame]),
    identify: (credentials, routingId) => identify(security, credentials, routingId),
    onAccepted: accepted.push,
  })
  const stopped = new AbortController()
  const bound: string[] = []
  let zap: ZapHandler | undefined

  function release(): void {
    stopped.abort()
    accepted.end()
    zap?.close()
    router.close()
  }

  try {
    if ('curve' in security) {
      const onRefused = (): void => {
        stats.unauthorised += 1
      }
      zap = await zapHandler({ context, authorise: security.authorise, onRefused, logger })
    }
    for (const endpoint of wanted) bound.push(await bindEndpoint(router, endpoint))
  } catch (error) {
    release()
    throw error
  }

  receiveAll(router, peers).catch((error: unknown) => {
    if (stopped.signal.aborted) return
    logger.error('The ZeroMQ socket failed; no message is received any more', {}, error)
    release()
  })
  sweepAll(peers, clock, limits, stopped.signal).catch((error: unknown) => {
    if (!stopped.signal.aborted) logger.error('The check for idle connections failed', {}, error)
  })

  async function close(): Promise<void> {
    if (stopped.signal.aborted) return
    stopped.abort()
    await peers.endAll()
    release()
    // Not by `unbind` before: libzmq then drops what it has not sent yet.
    for (const address of bound) await untilFree(address)
  }

  return {
    endpoints: bound.map(readableAddress),
    stats,
    close,
    [Symbol.asyncIterator]: () => accepted[Symbol.asyncIterator](),
    [Symbol.asyncDispose]: close,
  }
}

/** Rejects when the socket is closed. */
async function receiveAll(router: Router, peers: Peers): Promise<never> {
  // Not `for await`: it makes another promise for each message.
  for (;;) peers.handle(await router.receive())
}

async function sweepAll(peers: Peers, clock: Clock, limits: ServerLimits, signal: AbortSignal): Promise<void> {
  while (true) {
    await clock.sleep(Math.min(limits.openTimeoutMs, limits.idleTimeoutMs) / 2, { signal })
    peers.sweep()
  }
}

function assertCapable(): void {
  if (capability.curve === true && capability.draft === true) return
  throw new WatcherError('SERVER_FAILED', 'This build of zeromq lacks CURVE or the draft interface.', {
    details: ['Use the prebuilt binary of the npm package.'],
  })
}
