import {
  type AdjudicatorEvent,
  type AdjudicatorEventsSub,
  type ChannelId,
  type Logger,
  type Random,
  type SignedState,
  WatcherError,
} from '@perun-watcher/core'
import { type BackOff, deferred } from '@perun-watcher/core/internal'
import type { WireReceipt } from '../../wire/messages.ts'
import { isRepeated } from '../connection/refusal.ts'
import type { Answer } from '../connection/request-table.ts'
import { retryPauseMs } from '../connection/retry-pause.ts'
import { violation, type WatcherConnection } from '../connection/watcher-connection.ts'
import { eventInbox } from '../events/event-inbox.ts'
import type { Publisher } from '../publishing/publisher.ts'
import type { ReceiptCheck } from '../publishing/receipt-check.ts'

/** One watch of a channel as the program sees it. It outlives connections: each new one resumes it. */
export interface ChannelSession {
  readonly channelId: ChannelId
  /** Resolves when the channel is guarded for the first time; rejects if that is refused. */
  readonly started: Promise<void>
  /** Resolves when the attempt to start it on the newest connection is over, successful or not. */
  readonly attached: Promise<void>
  readonly isOver: boolean
  /** Why it ended; `undefined` after a stop. */
  readonly error: Error | undefined
  readonly eventsSub: AdjudicatorEventsSub
  /** Starts or resumes the watch on a new connection. */
  attach(connection: WatcherConnection): void
  /**
   * Ends the handles.
   *
   * @param unsettled rejects a start that is not answered yet. Default: `error`, or `WATCH_ENDED`.
   */
  end(error?: Error, unsettled?: Error): void
}

export interface SessionDeps {
  readonly opening: SignedState
  readonly parent: ChannelId | undefined
  readonly eventLimit: number
  readonly backOff: BackOff
  readonly random: Random
  readonly logger: Logger
  readonly checkReceipt: ReceiptCheck
  /** Resolves when the attempt to start the parent channel on the newest connection is over. */
  readonly parentAttached: () => Promise<void>
  /** The channel is guarded for the first time. @returns the publisher of its states. */
  readonly onStarted: () => Publisher
  readonly onEnd: (error: Error | undefined) => void
  /** The watcher has started a watch that is no longer wanted, in place of the one that this connection had before. */
  readonly onUnwanted: (connection: WatcherConnection) => void
}

type Started = Extract<Answer, { readonly type: 'started' }>

/** The watch of one connection. */
interface Attachment {
  readonly connection: WatcherConnection
  readonly watch: number
  hasStarted: boolean
  /** Set when the watcher ended it. */
  end: { readonly error: WatcherError | undefined } | undefined
}

export function channelSession(deps: SessionDeps): ChannelSession {
  const { opening, parent, backOff, random, logger, checkReceipt } = deps
  const { channelId } = opening.state
  const started = deferred<void>()
  // It may reject when nobody is waiting for it any more.
  started.promise.catch(() => {})
  const inbox = eventInbox(deps.eventLimit)
  let states: Publisher | undefined
  let attached = Promise.resolve()
  let current: Attachment | undefined
  let failures = 0
  let isOver = false
  let failure: Error | undefined

  function open(connection: WatcherConnection): Attachment {
    current?.connection.closeWatch(current.watch)
    const watch = connection.openWatch({
      event(event, sequence) {
        if (event.type === 'learned') learn(event)
        inbox.told(event, sequence)
      },
      ended(error) {
        attachment.end = { error }
        if (attachment.hasStarted) onWatchEnded(connection, error)
      },
    })
    const attachment: Attachment = { connection, watch, hasStarted: false, end: undefined }
    inbox.beginWatch((sequence) => {
      if (!connection.isOver) connection.acknowledge(watch, sequence)
    })
    current = attachment
    return attachment
  }

  /** The next StartWatching has to carry what the watcher holds now. */
  function learn({ transaction }: Extract<AdjudicatorEvent, { readonly type: 'learned' }>): void {
    states?.learn(transaction)
  }

  async function attachTo(connection: WatcherConnection): Promise<void> {
    // Let all channels begin to attach first: only then the parent's newest attempt is known.
    await Promise.resolve()
    await deps.parentAttached()
    while (!isOver && !connection.isOver) {
      const sent = states?.newest ?? opening
      const attachment = open(connection)
      const { watch } = attachment
      const answer = await connection.ask({
        message: (request) =>
          isOver
            ? undefined
            : { type: 'startWatching', request, watch, newest: sent, parent, receipt: states?.receipt },
      })
      if (await settle(attachment, sent, answer)) return
      connection.closeWatch(watch)
    }
  }

  /** @returns whether the attempt is over. */
  async function settle(attachment: Attachment, sent: SignedState, answer: Answer): Promise<boolean> {
    const { connection } = attachment
    switch (answer.type) {
      case 'started':
        if (answer.version < sent.state.version)
          connection.fail(violation(`It started with version ${answer.version}.`))
        else begin(attachment, sent, answer)
        return true
      case 'failed':
        if (isRepeated(answer.error)) return !(await pause(connection, answer.error))
        end(answer.error)
        return true
      case 'lost':
        return true
      default:
        connection.fail(violation(`It answered a start with ${answer.type}.`))
        return true
    }
  }

  function begin(attachment: Attachment, sent: SignedState, answer: Started): void {
    const { connection, watch } = attachment
    const checked = checkedReceipt(connection, sent, answer)
    if (isOver && !connection.isOver) deps.onUnwanted(connection)
    if (isOver || connection.isOver) return
    failures = 0
    states ??= deps.onStarted()
    states.learn(sent, checked)
    states.begin({ connection, watch })
    started.resolve()
    attachment.hasStarted = true
    if (attachment.end !== undefined) onWatchEnded(connection, attachment.end.error)
  }

  /** An invalid receipt ends a first start only: to watch without a receipt is better than not to watch any more. */
  function checkedReceipt(
    connection: WatcherConnection,
    { state }: SignedState,
    { version, receipt }: Started,
  ): WireReceipt | undefined {
    // The watcher holds a newer state than the one sent, for which it issues no receipt.
    if (version > state.version && receipt === undefined) return undefined
    try {
      return checkReceipt({ welcome: connection.welcome, state, receipt })
    } catch (error) {
      logger.error('Receipt is not valid', { channel: channelId, version: state.version }, error)
      if (states === undefined) end(error instanceof Error ? error : undefined)
      return undefined
    }
  }

  function onWatchEnded(connection: WatcherConnection, error: WatcherError | undefined): void {
    if (error !== undefined && isRepeated(error)) {
      states?.begin(undefined)
      attached = pause(connection, error).then(() => attachTo(connection))
    } else end(error)
  }

  function pause(connection: WatcherConnection, error: WatcherError): Promise<boolean> {
    failures += 1
    logger.warn('Channel not watched yet; tried again', { channel: channelId, failures }, error)
    return connection.pause(retryPauseMs(error, failures, { backOff, random }))
  }

  function end(error?: Error, unsettled: Error = error ?? watchEnded(channelId)): void {
    if (isOver) return
    isOver = true
    failure = error
    current?.connection.closeWatch(current.watch)
    started.reject(unsettled)
    inbox.end(error)
    deps.onEnd(error)
  }

  return {
    channelId,
    started: started.promise,
    get attached() {
      return attached
    },
    get isOver() {
      return isOver
    },
    get error() {
      return failure
    },
    eventsSub: inbox.sub,
    attach(connection) {
      if (!isOver) attached = attachTo(connection)
    },
    end,
  }
}

export function watchEnded(channelId: ChannelId): WatcherError {
  return new WatcherError('WATCH_ENDED', 'The watch was stopped.', { details: [`Channel ${channelId}.`] })
}
