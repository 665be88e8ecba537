import { type AbortOptions, type Logger, WatcherError, wakeSignal } from '@perun-watcher/core'
import type { RemoteWatcherOptions } from '../client-settings.ts'
import type { BackOff } from './back-off.ts'
import { connectOnce } from './connect-once.ts'
import { keepConnected } from './reconnect-loop.ts'
import { isRefusal } from './refusal.ts'
import type { Link } from './watcher-connection.ts'

export interface NextOptions extends AbortOptions {
  /** Rejects also while the watcher refuses this client, though it is tried again. Default: waits. */
  readonly unlessRefused?: boolean | undefined
}

/** The connection that there is at the moment, and the next one. */
export interface ConnectionKeeper {
  readonly link: Link | undefined
  /** Why the last connection or attempt failed; `undefined` while connected, or before anything failed. */
  readonly lastError: WatcherError | undefined
  /** Why there will be no connection any more. */
  readonly failure: WatcherError | undefined
  /**
   * The connection, as soon as there is one.
   *
   * @throws {@link failure}, the signal's reason, or with `unlessRefused` the refusal.
   */
  next(options?: NextOptions): Promise<Link>
  /** Hands over what was posted and ends everything. */
  close(): Promise<void>
}

export interface ConnectionKeeperDeps extends Pick<RemoteWatcherOptions, 'connect' | 'clock' | 'random' | 'ledgerId'> {
  readonly logger: Logger
  readonly backOff: BackOff
  readonly software: string
  readonly onLink: (link: Link) => void
  /** It is useless to go on. */
  readonly onFailure: (error: WatcherError) => void
}

export function connectionKeeper(deps: ConnectionKeeperDeps): ConnectionKeeper {
  const { connect, clock, software, onLink, onFailure } = deps
  const closing = new AbortController()
  let ledgerId = deps.ledgerId
  let link: Link | undefined
  let lastError: WatcherError | undefined
  let failure: WatcherError | undefined
  const changes = wakeSignal()

  function onOpen(opened: Link): void {
    // A watcher that comes back with another ledger is another watcher.
    ledgerId = opened.welcome.ledgerId
    link = opened
    lastError = undefined
    changes.wake()
    onLink(opened)
  }

  function onLost(error: WatcherError): void {
    link = undefined
    lastError = error
    changes.wake()
  }

  function fail(error: WatcherError): void {
    if (failure !== undefined) return
    failure = error
    onLost(error)
    onFailure(error)
  }

  const attempt = (signal: AbortSignal): Promise<Link> =>
    connectOnce({ connect, clock, greeting: { software, ledgerId } }, signal)
  const keeping = keepConnected({ ...deps, connect: attempt, onLink: onOpen, onLost }, closing.signal)
  // It rejects when the client is closed, and then nobody has to hear of it.
  const done = keeping.then(fail, () => {})

  return {
    get link() {
      return link?.isOver ? undefined : link
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
        if (link !== undefined && !link.isOver) return link
        if (unlessRefused && isRefusal(lastError)) throw lastError
        await changes.after(changes.count, { signal })
      }
    },
    async close() {
      await link?.close()
      closing.abort(closed())
      fail(closed())
      await done
    },
  }
}

function closed(): WatcherError {
  return new WatcherError('WATCHER_CLOSED', 'The client was shut down.')
}
