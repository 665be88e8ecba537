import type { AbortOptions, Clock, Logger, Random, WatcherError } from '@perun-watcher/core'
import { wakeSignal } from '@perun-watcher/core/adapter'
import type { BackOff } from '@perun-watcher/core/internal'
import type { Connector } from '../../transport/connection.ts'
import { clientClosed } from './client-closed.ts'
import { connectOnce } from './connect-once.ts'
import { reconnectLoop } from './reconnect-loop.ts'
import { isRefusal } from './refusal.ts'
import type { WatcherConnection } from './watcher-connection.ts'

export interface NextOptions extends AbortOptions {
  /** Reject also while the watcher refuses this client, although attempts go on. Default: keep waiting. */
  readonly unlessRefused?: boolean | undefined
}

/** Keeps a connection open, and hands out the current one or the next. */
export interface ConnectionKeeper {
  readonly current: WatcherConnection | undefined
  /** Why the last connection or attempt failed; `undefined` while connected, or before anything failed. */
  readonly lastError: WatcherError | undefined
  /** Why there will be no further connection. */
  readonly failure: WatcherError | undefined
  /**
   * The current connection, or the next one.
   *
   * @throws {@link failure}, the signal's reason or, with `unlessRefused`, the refusal.
   */
  next(options?: NextOptions): Promise<WatcherConnection>
  /** Sends what is queued, then closes for good. */
  close(): Promise<void>
}

export interface ConnectionKeeperDeps {
  readonly connect: Connector
  readonly clock: Clock
  readonly random: Random
  /** The ledger that the watcher must guard; `undefined`: whichever it guards the first time. */
  readonly ledgerId?: string | undefined
  readonly logger: Logger
  readonly backOff: BackOff
  readonly software: string
  readonly onConnected: (connection: WatcherConnection) => void
  /** No further attempt can succeed. */
  readonly onFailure: (error: WatcherError) => void
}

export function connectionKeeper(deps: ConnectionKeeperDeps): ConnectionKeeper {
  const { connect, clock, software, onConnected, onFailure } = deps
  const closing = new AbortController()
  let ledgerId = deps.ledgerId
  let current: WatcherConnection | undefined
  let lastError: WatcherError | undefined
  let failure: WatcherError | undefined
  const changes = wakeSignal()

  function onOpen(opened: WatcherConnection): void {
    // From now on any other ledger means another watcher.
    ledgerId = opened.welcome.ledgerId
    current = opened
    lastError = undefined
    changes.wake()
    onConnected(opened)
  }

  function onLost(error: WatcherError): void {
    current = undefined
    lastError = error
    changes.wake()
  }

  function fail(error: WatcherError): void {
    if (failure !== undefined) return
    failure = error
    onLost(error)
    onFailure(error)
  }

  const attempt = (signal: AbortSignal): Promise<WatcherConnection> =>
    connectOnce({ connect, clock, greeting: { software, ledgerId } }, signal)
  const keeping = reconnectLoop({ ...deps, connect: attempt, onConnected: onOpen, onLost }, closing.signal)
  // It rejects only because the client was closed, which is no news.
  const done = keeping.then(fail, () => {})

  return {
    get current() {
      return current?.isOver ? undefined : current
    },
    get lastError() {
      return lastError
    },
    get failure() {
      return failure
    },
    async next({ signal, unlessRefused = false } = {}) {
      signal?.throwIfAborted()
      for (;;) {
        if (failure !== undefined) throw failure
        if (current !== undefined && !current.isOver) return current
        if (unlessRefused && isRefusal(lastError)) throw lastError
        await changes.after(changes.count, { signal })
      }
    },
    async close() {
      await current?.close()
      closing.abort(clientClosed())
      fail(clientClosed())
      await done
    },
  }
}
