import { type AbortOptions, parseChannelId, type Watcher, type WatcherError } from '@perun-watcher/core'
import { raceSignal } from '@perun-watcher/core/internal'
import type { GuardedChannel } from '../wire/messages.ts'
import { channelSessions } from './channels/channel-sessions.ts'
import { listChannels } from './channels/list-channels.ts'
import { stopChannel } from './channels/stop-channel.ts'
import { parseClientSettings, type RemoteWatcherOptions } from './client-settings.ts'
import { clientClosed } from './connection/client-closed.ts'
import { connectionKeeper } from './connection/connection-keeper.ts'
import { receiptCheck } from './publishing/receipt-check.ts'

/** A snapshot of a remote watcher's client. */
export interface RemoteWatcherStatus {
  /** `closed`: shut down, or given up because of `lastError`. */
  readonly connection: 'connecting' | 'connected' | 'closed'
  /**
   * Why the last connection or attempt failed; `undefined` while connected. `CONNECTION_REFUSED`: the watcher does not admit
   * this client, and nothing is published until it does.
   */
  readonly lastError: WatcherError | undefined
  /** Watched channels. */
  readonly watches: number
  /** States that wait for an acknowledgement. */
  readonly pendingPublishes: number
}

/**
 * A watcher on another machine. It keeps guarding while this client is offline, crashed or shut down, until `stopWatching`.
 */
export interface RemoteWatcher extends Watcher {
  readonly status: RemoteWatcherStatus
  /**
   * Resolves once the client is connected. Await it when a program starts, to learn whether the watcher knows its key.
   *
   * @throws WatcherError why there will be no connection; `CONNECTION_REFUSED` if the watcher does not admit this client
   *   (at once if the last attempt was refused, although attempts go on); or the signal's reason.
   */
  connected(options?: AbortOptions): Promise<void>
  /**
   * The channels that the watcher guards for this client, by their ids: also those that were started by earlier runs of the
   * program. Those whose guard begins or ends meanwhile are told or not.
   *
   * @throws WatcherError the watcher's refusal; or the signal's reason.
   */
  guardedChannels(options?: AbortOptions): AsyncIterable<GuardedChannel>
  /**
   * Waits until everything published is acknowledged, then ends all handles and the connection. Unlike a local watcher's
   * `shutdown` it does not wait for disputes: the watcher keeps guarding. The signal bounds the wait; what is not
   * acknowledged by then is rejected with `WATCHER_CLOSED`.
   */
  shutdown(options?: AbortOptions): Promise<void>
}

/**
 * The client of a watcher on another machine. It starts to connect at once and reconnects by itself after every loss; calls
 * wait meanwhile, each as long as its signal allows. It keeps trying a watcher that does not admit it
 * (`CONNECTION_REFUSED`), too, with the longest pauses. An error that no further attempt can mend, such as another ledger,
 * ends it: everything that waits and every later call is rejected with that error.
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
    if (closing !== undefined) throw clientClosed()
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
    async *guardedChannels({ signal } = {}) {
      signal?.throwIfAborted()
      assertOpen()
      yield* listChannels({ ...settings, random, nextConnection: () => keeper.next({ signal }) })
    },
    shutdown: (shutdownOptions) => (closing ??= shutdown(shutdownOptions)),
    [Symbol.asyncDispose]: () => (closing ??= shutdown()),
  }
}
