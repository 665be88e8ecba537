import { type AbortOptions, type ClientName, silentLogger, WatcherError, wakeSignal } from '@perun-watcher/core'
import type { AcceptedConnection } from '../connection.ts'
import { wireLimits } from '../wire/limits.ts'
import { isAscii } from '../wire/text.ts'
import { shuttingDown } from './answer-error.ts'
import { clientLog } from './client-log.ts'
import { type Counters, newCounters } from './counters.ts'
import { parseServeLimits } from './limits.ts'
import { load as newLoad } from './load.ts'
import { requests } from './requests.ts'
import type { ServedEngine, ServeOptions } from './serve-options.ts'
import { type Session, session } from './session.ts'

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
   * Takes no more requests, waits for those that are being worked on, says goodbye to everybody. To be called before the
   * engine is shut down: clients then know that they are to come back. Who comes meanwhile is turned away.
   *
   * `signal` bounds the wait; then everything is ended at once, and the call rejects with its reason.
   */
  close(options?: AbortOptions): Promise<void>
}

/** Goodbyes to clients that are turned away, at one time; beyond that they are dropped without one. */
const mostTurnedAway = 100

/** How often connections are looked at within the shortest time that ends one. */
const looksPerTimeout = 4

/**
 * Serves an engine to the clients that come by a transport.
 *
 * @param connections of clients whose names the transport has made sure of.
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
  const load = newLoad(limits)
  const shared = { engine, options, limits, clock, counters, log, load }
  const sessionDeps = { ...shared, requests: requests(shared) }
  /** Those that are turned away included. */
  const sessions = new Set<Session>()
  const byClient = new Map<ClientName, Set<Session>>()
  const arrivals = wakeSignal()
  const closed = new AbortController()
  let turnedAway = 0
  let closing: Promise<void> | undefined

  function open(accepted: AcceptedConnection): Session {
    const opened = session(accepted, sessionDeps)
    sessions.add(opened)
    arrivals.wake()
    void opened.done.then(() => sessions.delete(opened))
    return opened
  }

  function turnAway(accepted: AcceptedConnection, why: WatcherError): void {
    if (turnedAway >= mostTurnedAway) return void accepted.connection[Symbol.asyncDispose]()
    turnedAway += 1
    const leaving = open(accepted)
    leaving.end(why)
    void leaving.done.then(() => {
      turnedAway -= 1
    })
  }

  function admit(accepted: AcceptedConnection): void {
    if (closing !== undefined) return turnAway(accepted, shuttingDown())
    if (sessions.size - turnedAway >= limits.maxConnections) return turnAway(accepted, full('Too many connections.'))
    const { client } = accepted
    const siblings = byClient.get(client) ?? new Set()
    byClient.set(client, siblings)
    if (siblings.size >= limits.maxConnectionsPerClient) endMostSilent(siblings)
    const opened = open(accepted)
    siblings.add(opened)
    void opened.done.then(() => forget(opened, siblings))
  }

  function endMostSilent(siblings: Set<Session>): void {
    const [first, ...rest] = siblings
    if (first === undefined) return
    const silent = rest.reduce((most, each) => (each.lastHeard < most.lastHeard ? each : most), first)
    siblings.delete(silent)
    silent.end(full('A newer connection of the same client takes the place of this one.'))
  }

  function forget(gone: Session, siblings: Set<Session>): void {
    siblings.delete(gone)
    if (siblings.size === 0 && byClient.get(gone.client) === siblings) byClient.delete(gone.client)
  }

  async function acceptAll(): Promise<void> {
    try {
      for await (const accepted of connections) admit(accepted)
    } catch (error) {
      logger.error('No more connections are accepted', {}, error)
    }
  }

  /** One sleep looks after all connections; while there is none nothing sleeps, so that a program can end. */
  async function lookAfterAll(): Promise<void> {
    const pauseMs = Math.ceil(Math.min(limits.handshakeTimeoutMs, limits.idleTimeoutMs) / looksPerTimeout)
    const { signal } = closed
    while (!signal.aborted) {
      if (sessions.size === 0) await arrivals.after(arrivals.count, { signal })
      await clock.sleep(pauseMs, { signal })
      for (const each of sessions) each.check()
    }
  }

  async function finish(signal: AbortSignal | undefined): Promise<void> {
    const dropAll = (): void => {
      for (const each of sessions) each.drop()
    }
    for (const each of sessions) each.refuseNew()
    try {
      await load.idle({ signal })
    } finally {
      for (const each of sessions) each.end(shuttingDown())
      if (signal?.aborted) dropAll()
      signal?.addEventListener('abort', dropAll, { once: true })
      await Promise.all([...sessions].map((each) => each.done))
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
  void lookAfterAll().catch((error: unknown) => {
    if (!closed.signal.aborted) logger.error('Silent connections are not ended any more', {}, error)
  })

  return {
    get stats() {
      return {
        ...counters,
        connections: sessions.size,
        clients: byClient.size,
        watches: [...sessions].reduce((sum, each) => sum + each.watches, 0),
        requests: load.total,
      }
    },
    close,
    [Symbol.asyncDispose]: () => close(),
  }
}

const full = (message: string): WatcherError => new WatcherError('OVERLOADED', message)

function checkText(text: string, name: string, length: number): void {
  if (isAscii(text, length)) return
  throw new WatcherError('OPTION_INVALID', `${name} must be at most ${length} bytes of visible ASCII.`)
}
