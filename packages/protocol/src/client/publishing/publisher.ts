import type { Logger, Random, SignedState, Transaction, WatcherError } from '@perun-watcher/core'
import { assertNever } from '@perun-watcher/core/adapter'
import type { BackOff } from '@perun-watcher/core/internal'
import type { WireReceipt } from '../../wire/messages.ts'
import { isRepeated } from '../connection/refusal.ts'
import type { Answer } from '../connection/request-table.ts'
import { retryPauseMs } from '../connection/retry-pause.ts'
import { violation, type WatcherConnection } from '../connection/watcher-connection.ts'
import type { PendingPublish } from './pending-publish.ts'
import { publishQueue } from './publish-queue.ts'
import type { ReceiptCheck } from './receipt-check.ts'

/** The watch that publishes go to. */
export interface PublishTarget {
  readonly connection: WatcherConnection
  readonly watch: number
}

/** Publishes the states of one channel to the watcher, over whichever connection there is. */
export interface Publisher {
  /** The newest state that the watcher is known to have. */
  readonly newest: SignedState
  /** The newest receipt. */
  readonly receipt: WireReceipt | undefined
  /** How many states wait for their acknowledgement. */
  readonly size: number
  add(publish: PendingPublish): void
  /** The watcher has this state. */
  learn(transaction: Transaction, receipt?: WireReceipt | undefined): void
  /** From now on, publishes go to this watch; `undefined`: they wait for the next one. */
  begin(target: PublishTarget | undefined): void
  /** Rejects the states that wait. */
  end(error: Error): void
}

export interface PublisherDeps {
  readonly opening: SignedState
  /** Most states that wait besides the one in flight. */
  readonly limit: number
  readonly backOff: BackOff
  readonly random: Random
  readonly logger: Logger
  readonly checkReceipt: ReceiptCheck
}

export function publisher({ opening, limit, backOff, random, logger, checkReceipt }: PublisherDeps): Publisher {
  const { params } = opening
  const channel = opening.state.channelId
  const queue = publishQueue(limit)
  let newest = opening
  let receipt: WireReceipt | undefined
  let target: PublishTarget | undefined
  let isRunning = false
  let failures = 0

  function learn(transaction: Transaction, itsReceipt?: WireReceipt): void {
    if (transaction.state.version >= newest.state.version) {
      newest = { params, ...transaction }
      receipt = itsReceipt ?? receipt
    }
  }

  async function run(): Promise<void> {
    if (isRunning) return
    isRunning = true
    while (target !== undefined && !target.connection.isOver) {
      const publish = queue.take()
      if (publish === undefined) break
      await send(publish, target)
    }
    isRunning = false
  }

  async function send(publish: PendingPublish, { connection, watch }: PublishTarget): Promise<void> {
    const { transaction } = publish
    const answer = await connection.ask({
      message: (request) => (publish.isSettled ? undefined : { type: 'publish', request, watch, transaction }),
    })
    await settle(publish, connection, answer)
  }

  async function settle(publish: PendingPublish, connection: WatcherConnection, answer: Answer): Promise<void> {
    switch (answer.type) {
      case 'published':
        if (answer.version >= publish.version) return accept(publish, connection, answer.receipt)
        connection.fail(violation(`It acknowledged version ${answer.version} instead of ${publish.version}.`))
        return queue.postpone({ uncertain: true })
      case 'failed':
        if (!isRepeated(answer.error)) return queue.refused(answer.error)
        return postpone(connection, answer.error)
      case 'lost':
        return queue.postpone({ uncertain: answer.wasSent })
      case 'started':
      case 'stopped':
      case 'channels':
        connection.fail(violation(`It answered a publish with ${answer.type}.`))
        return queue.postpone({ uncertain: true })
      default:
        return assertNever(answer)
    }
  }

  function accept(
    { transaction }: PendingPublish,
    connection: WatcherConnection,
    given: WireReceipt | undefined,
  ): void {
    failures = 0
    try {
      learn(transaction, checkReceipt({ welcome: connection.welcome, state: transaction.state, receipt: given }))
      queue.accepted()
    } catch (error) {
      logger.error('Receipt is not valid', { channel, version: transaction.state.version }, error)
      queue.refused(error)
    }
  }

  async function postpone(connection: WatcherConnection, error: WatcherError): Promise<void> {
    failures += 1
    queue.postpone({ uncertain: false })
    logger.warn('State not taken yet; tried again', { channel, failures }, error)
    await connection.pause(retryPauseMs(error, failures, { backOff, random }))
  }

  return {
    get newest() {
      return newest
    },
    get receipt() {
      return receipt
    },
    get size() {
      return queue.size
    },
    add(publish) {
      queue.add(publish)
      void run()
    },
    learn,
    begin(next) {
      target = next
      void run()
    },
    end(error) {
      target = undefined
      queue.end(error)
    },
  }
}
