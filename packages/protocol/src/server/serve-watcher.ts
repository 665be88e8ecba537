import { type AbortOptions, WatcherError } from '@perun-watcher/core'
import { silentLogger, wakeSignal } from '@perun-watcher/core/adapter'
import type { AcceptedConnection } from '../transport/connection.ts'
import { isAscii } from '../wire/text.ts'
import { wireLimits } from '../wire/wire-limits.ts'
import { connectionAdmission } from './connections/connection-admission.ts'
import { servedConnection } from './connections/served-connection.ts'
import { clientLog } from './observe/client-log.ts'
import { type Counters, newCounters } from './observe/counters.ts'
import { shuttingDown } from './requests/error-for-client.ts'
import { requestHandlers } from './requests/request-handlers.ts'
import { requestLoad } from './requests/request-load.ts'
import { parseServeLimits } from './settings/serve-limits.ts'
import type { ServedEngine, ServeOptions } from './settings/serve-options.ts'

/** What a server does at one instant, and what it has done so far. Cheap enough to ask for at any time. */
export interface WatcherServerStats extends Readonly<Omit<Counters, 'refusals' | 'goodbyes'>> {
  readonly connections: number
  /** Clients with a connection. */
  readonly clients: number
  /** Open watches. */
  readonly watches: number
  /** Requests that are being worked on. */
  readonly requests: number
  readonly refusals: ReadonlyMap<string, number>
  readonly goodbyes: ReadonlyMap<string, number>
}

export interface WatcherServer extends AsyncDisposable {
  readonly stats: WatcherServerStats
  /**
   * Refuses new requests, waits for those in flight, then says Goodbye on every connection. Call it before the engine is
   * shut down, so that clients are told to come back. Connections that arrive meanwhile are turned away.
   *
   * `signal` bounds the wait: then all connections are dropped, and the call rejects with its reason.
   */
  close(options?: AbortOptions): Promise<void>
}

/** How often connections are checked within the shortest time-out. */
const checksPerTimeout = 4

/**
 * Serves an engine to the clients of a transport.
 *
 * @param connections whose client names the transport has authenticated.
 * @throws WatcherError `OPTION_INVALID`
 */
export function serveWatcher(
  engine: ServedEngine,
  connections: AsyncIterable<AcceptedConnection>,
  options: ServeOptions,
): WatcherServer {
  checkText(options.ledgerId, 'ledgerId', wireLimits.ledgerId)
  checkText(options.software ?? '', 'software', wireLimits.software)
  const { clock, logger = silentLogger } = options
  const limits = parseServeLimits(options.limits)
  const counters = newCounters()
  const log = clientLog(logger, clock)
  const load = requestLoad(limits)
  const shared = { engine, ledgerId: options.ledgerId, options, limits, clock, counters, log, load }
  const connectionDeps = { ...shared, handlers: requestHandlers(shared) }
  const arrivals = wakeSignal()
  const closed = new AbortController()
  let closing: Promise<void> | undefined

  const admission = connectionAdmission({
    limits,
    admitConnection: options.admitConnection,
    open(accepted) {
      arrivals.wake()
      return servedConnection(accepted, connectionDeps)
    },
  })
  const { connections: open } = admission

  async function acceptAll(): Promise<void> {
    try {
      for await (const accepted of connections) admission.admit(accepted)
    } catch (error) {
      logger.error('No more connections are accepted', {}, error)
    }
  }

  /** One timer serves all connections; while there are none there is no timer, so that a program can end. */
  async function checkAll(): Promise<void> {
    const pauseMs = Math.ceil(Math.min(limits.handshakeTimeoutMs, limits.idleTimeoutMs) / checksPerTimeout)
    const { signal } = closed
    while (!signal.aborted) {
      if (open.size === 0) await arrivals.after(arrivals.count, { signal })
      await clock.sleep(pauseMs, { signal })
      for (const each of open) each.check()
    }
  }

  async function finish(signal: AbortSignal | undefined): Promise<void> {
    const dropAll = (): void => {
      for (const each of open) each.drop()
    }
    admission.close()
    for (const each of open) each.refuseNew()
    try {
      await load.idle({ signal })
    } finally {
      for (const each of open) each.end(shuttingDown())
      if (signal?.aborted) dropAll()
      signal?.addEventListener('abort', dropAll, { once: true })
      await Promise.all([...open].map((each) => each.done))
      signal?.removeEventListener('abort', dropAll)
      closed.abort()
    }
    signal?.throwIfAborted()
  }

  async function close({ signal }: AbortOptions = {}): Promise<void> {
    closing ??= finish(signal)
    await closing
  }

  void acceptAll()
  void checkAll().catch((error: unknown) => {
    if (!closed.signal.aborted) logger.error('Silent connections are not ended any more', {}, error)
  })

  return {
    get stats() {
      return {
        ...counters,
        connections: open.size,
        clients: admission.clients,
        watches: [...open].reduce((sum, each) => sum + each.watches, 0),
        requests: load.total,
      }
    },
    close,
    [Symbol.asyncDispose]: () => close(),
  }
}

function checkText(text: string, name: string, length: number): void {
  if (isAscii(text, length)) return
  throw new WatcherError('OPTION_INVALID', `${name} must be at most ${length} bytes of visible ASCII.`)
}
