import { Server, ServerCredentials } from '@grpc/grpc-js'
import { type Clock, type Logger, WatcherError } from '@perun-watcher/core'
import { silentLogger } from '@perun-watcher/core/adapter'
import { type AcceptedConnection, acceptQueue, type GivenLimits } from '@perun-watcher/protocol/adapter'
import { checkServerSecurity, type ServerSecurity } from '../security/security.ts'
import { addServices } from '../services/add-services.ts'
import { parseAddress } from '../settings/address.ts'
import { type GrpcServerLimits, parseServerLimits } from '../settings/limits.ts'
import { callAdmission } from './call-admission.ts'
import { clientStreams } from './client-streams.ts'
import { identify } from './identify.ts'
import { type Line, newLines } from './lines.ts'
import { type Listener, listen } from './listen.ts'
import { quietGrpc } from './quiet-grpc.ts'
import { type GrpcServerStats, newStats } from './server-stats.ts'
import { socketEntrance } from './socket-entrance.ts'
import { sweepLines } from './sweep-lines.ts'

export interface GrpcServerOptions {
  /** Where to listen: `address:port` or `[IPv6 address]:port` (port 0: any free one). */
  readonly addresses: string | readonly string[]
  readonly security: ServerSecurity
  readonly limits?: GivenLimits<GrpcServerLimits> | undefined
  readonly clock: Clock
  readonly logger?: Logger | undefined
  /** What the health service says at first. Default: that the watcher serves. */
  readonly isServing?: boolean | undefined
}

/** The connections that clients make, for `serveWatcher`. */
export interface GrpcServer extends AsyncIterable<AcceptedConnection>, AsyncDisposable {
  /** Where it listens, with the ports that the machine chose. */
  readonly addresses: readonly string[]
  readonly stats: Readonly<GrpcServerStats>
  /** What the health service says from now on. */
  setServing(isServing: boolean): void
  /** Stops listening, ends all connections in order, and the iteration. */
  close(): Promise<void>
}

/** How long clients may take to see that the server ends their connections, before they are cut. */
const goodbyeMs = 5_000

/** Calls on one socket at a time: the connection, and tools that ask beside it. */
const maxCallsPerSocket = 4

/**
 * Listens for clients.
 *
 * @throws WatcherError `OPTION_INVALID`, `PLAINTEXT_REFUSED` or `ADDRESS_UNUSABLE`
 */
export async function grpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { clock, logger = silentLogger } = options
  const limits = parseServerLimits(options.limits)
  const wanted = [options.addresses].flat().map(parseAddress)
  if (wanted.length === 0) throw new WatcherError('OPTION_INVALID', 'Give at least one address to listen on.')
  const security = checkServerSecurity(options.security, wanted)

  quietGrpc()
  const stats = newStats()
  const lines = newLines(limits, stats)
  const accepted = acceptQueue()
  const admission = callAdmission(lines, limits, stats)
  const streams = clientStreams({
    limits,
    clock,
    logger,
    stats,
    lines,
    contextOf: admission.contextOf,
    identify: (headers, line) => identify(security, headers, line.publicKey),
    onAccepted: accepted.push,
  })
  const server = new Server({
    interceptors: [admission.interceptor],
    'grpc.max_receive_message_length': limits.maxMessageBytes,
    'grpc.max_concurrent_streams': maxCallsPerSocket,
    'grpc.keepalive_time_ms': limits.heartbeatMs,
    'grpc.keepalive_timeout_ms': limits.heartbeatMs,
    'grpc-node.max_session_memory': sessionMegabytes(limits.maxMessageBytes),
    'grpc.enable_channelz': 0,
  })
  const health = addServices(server, streams.handle, options.isServing ?? true)
  // Sockets come from here, not from gRPC: they are counted before they cost anything, and TLS is already on them.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
  const onSocket = socketEntrance({ security, limits, lines, stats, clock, inject: injector.injectConnection })
  const stopped = new AbortController()
  const listeners: Listener[] = []

  function release(): void {
    for (const line of lines.all()) line.socket.destroy()
    injector.destroy()
    server.forceShutdown()
  }

  try {
    for (const address of wanted) listeners.push(await listen(address, onSocket))
  } catch (error) {
    for (const listener of listeners) listener.close()
    release()
    throw error
  }

  sweepLines({ limits, clock, lines, refuse: streams.refuse, signal: stopped.signal }).catch((error: unknown) => {
    if (!stopped.signal.aborted) logger.error('The check for idle connections failed', {}, error)
  })

  let closed: Promise<void> | undefined

  async function closeAll(): Promise<void> {
    stopped.abort()
    for (const listener of listeners) listener.close()
    accepted.end()
    const goodbyes = [...lines.all()].filter(({ wasOpened }) => wasOpened)
    for (const { opened } of goodbyes) opened?.stream.end()
    injector.destroy()
    await allClosed(goodbyes, clock)
    release()
  }

  /** Whoever closes it again waits for the same. */
  function close(): Promise<void> {
    closed ??= closeAll()
    return closed
  }

  return {
    addresses: listeners.map(({ address }) => address),
    stats,
    setServing: health.setServing,
    close,
    [Symbol.asyncIterator]: () => accepted[Symbol.asyncIterator](),
    [Symbol.asyncDispose]: close,
  }
}

/** Resolves once all sockets are closed, or the time for it is over. */
async function allClosed(lines: readonly Line[], clock: Clock): Promise<void> {
  const done = new AbortController()
  let left = lines.length
  if (left === 0) return
  for (const { socket } of lines) {
    socket.once('close', () => {
      left -= 1
      if (left === 0) done.abort()
    })
  }
  await clock.sleep(goodbyeMs, { signal: done.signal }).catch(() => {})
}

/** What HTTP/2 may hold for one socket, in MiB: headers, and messages on their way both ways. */
function sessionMegabytes(maxMessageBytes: number): number {
  return 8 + Math.ceil((4 * maxMessageBytes) / 2 ** 20)
}
