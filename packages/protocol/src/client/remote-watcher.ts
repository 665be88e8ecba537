import { type AbortOptions, parseChannelId, raceSignal, type Watcher, WatcherError } from '@perun-watcher/core'
import { channelSessions } from './channels/channel-sessions.ts'
import { stopChannel } from './channels/stop-channel.ts'
import { parseClientSettings, type RemoteWatcherOptions } from './client-settings.ts'
import { connectionKeeper } from './connection/connection-keeper.ts'
import { receiptCheck } from './publishing/receipt-check.ts'

/** How a remote watcher's client fares at one instant. */
export interface RemoteWatcherStatus {
  /** `closed`: shut down, or given up because of `lastError`. */
  readonly connection: 'connecting' | 'connected' | 'closed'
  /**
   * Why the last connection or attempt to connect failed; `undefined` while connected. `CONNECTION_REFUSED`: the watcher does
   * not let this client in, and nothing is published until it does.
   */
  readonly lastError: WatcherError | undefined
  /** Watched channels. */
  readonly watches: number
  /** States that wait for their acknowledgement. */
  readonly pendingPublishes: number
}

/**
 * A watcher on another machine. It goes on guarding when this client is away, crashed or shut down: only `stopWatching`
 * ends that.
 */
export interface RemoteWatcher extends Watcher {
  readonly status: RemoteWatcherStatus
  /**
   * Resolves when the watcher is connected, at once if it is. The call for a program that starts: it learns here whether
   * the watcher knows its key.
   *
   * @throws WatcherError why there will be no connection; `CONNECTION_REFUSED` if the watcher does not let this client in,
   *   at once if the last attempt said so, though it is tried again; or the signal's reason.
   */
  connected(options?: AbortOptions): Promise<void>
  /**
   * Waits until what was published is acknowledged, ends all handles and the connection. Other than a local watcher's, it
   * finishes no dispute and waits for none: the watcher goes on guarding. The signal bounds the wait; what is not
   * acknowledged then is rejected with `WATCHER_CLOSED`.
   */
  shutdown(options?: AbortOptions): Promise<void>
}

/**
 * The client of a watcher on another machine. It begins to connect at once, and comes back by itself after every loss:
 * calls wait meanwhile, each as long as its signal allows. A watcher that does not let it in (`CONNECTION_REFUSED`) is asked
 * again too, with the longest pauses. Errors that no other attempt can mend, such as another ledger, end it: everything that
 * waits and every later call is rejected with them.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export function remoteWatcher(options: RemoteWatcherOptions): RemoteWatcher {
  const settings = parseClientSettings(options)
  const { logger } = settings
  const { random } = options
  let closing: Promise<void> | undefined

  const sessions = channelSessions({
    ...settings,
    random,
    checkReceipt: receiptCheck(options.receipts, logger),
    connection: () => keeper.current,
    assertOpen,
  })
  const keeper = connectionKeeper({
    ...options,
    ...settings,
    onConnected: (connection) => sessions.attach(connection),
    onFailure: (error) => (closing === undefined ? sessions.end(error, error) : sessions.end(undefined, error)),
  })
  const stops = new Set<Promise<unknown>>()

  function assertOpen(): void {
    if (closing !== undefined) throw closed()
    if (keeper.failure !== undefined) throw keeper.failure
  }

  async function stopWatching(...[idInput, { signal } = {}]: Parameters<Watcher['stopWatching']>): Promise<void> {
    signal?.throwIfAborted()
    assertOpen()
    const id = parseChannelId(idInput)
    const stop = stopChannel(
      {
        ...settings,
        random,
        nextConnection: () => keeper.next({ signal }),
        attached: () => sessions.attached(id),
        isAbandoned: () => signal?.aborted === true,
      },
      id,
    )
    const settled = stop.then(
      () => sessions.stopped(id),
      () => {},
    )
    stops.add(settled)
    void settled.then(() => stops.delete(settled))
    await raceSignal(stop, signal)
    await settled
  }

  async function shutdown({ signal }: AbortOptions = {}): Promise<void> {
    try {
      await raceSignal(Promise.all([sessions.settled(), ...stops]), signal)
    } finally {
      await keeper.close()
    }
  }

  return {
    get status(): RemoteWatcherStatus {
      const isClosed = closing !== undefined || keeper.failure !== undefined
      return {
        connection: isClosed ? 'closed' : keeper.current === undefined ? 'connecting' : 'connected',
        lastError: keeper.lastError,
        watches: sessions.watches,
        pendingPublishes: sessions.pendingPublishes,
      }
    },
    async connected(connectedOptions) {
      assertOpen()
      await keeper.next({ ...connectedOptions, unlessRefused: true })
    },
    async startWatching(channel, startOptions = {}) {
      return sessions.startWatching(channel, startOptions)
    },
    stopWatching,
    shutdown: (shutdownOptions) => (closing ??= shutdown(shutdownOptions)),
    [Symbol.asyncDispose]: () => (closing ??= shutdown()),
  }
}

function closed(): WatcherError {
  return new WatcherError('WATCHER_CLOSED', 'The client was shut down.')
}
