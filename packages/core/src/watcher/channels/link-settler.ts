import { backOffMs, defaultBackOff } from '../../async/back-off.ts'
import type { KeyedMutex } from '../../async/keyed-mutex.ts'
import type { Lifetime } from '../../async/lifetime.ts'
import type { RetryDeps } from '../../async/retry.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { Logger } from '../../spi/runtime.ts'
import type { ChannelBook } from './channel-book.ts'

/**
 * Makes the store say of links what callers were told, after writes of them that were reported as failed. Whatever the store
 * answers, it is asked again: a client that was told that it is still enrolled is guarded by nobody after a restart otherwise.
 */
export interface LinkSettler {
  /** Channels with links in doubt. */
  readonly size: number
  /** Begins in the background. */
  settle(id: ChannelId): void
}

export interface LinkSettlerDeps extends RetryDeps {
  readonly book: Pick<ChannelBook, 'settleLinks'>
  readonly mutex: KeyedMutex<ChannelId>
  readonly lifetime: Lifetime
  readonly logger: Logger
}

export function linkSettler(deps: LinkSettlerDeps): LinkSettler {
  const { book, mutex, lifetime, logger, clock, random, backOff = defaultBackOff } = deps
  const waiting = new Set<ChannelId>()
  /** Those of which was told that they are not settled. */
  const told = new Set<ChannelId>()
  let isBusy = false
  let failures = 0

  async function settleOne(id: ChannelId, signal: AbortSignal): Promise<void> {
    try {
      await mutex.run(id, () => book.settleLinks(id, { signal }))
      told.delete(id)
      failures = 0
    } catch (error) {
      signal.throwIfAborted()
      if (!told.has(id)) logger.error('Enrolment not settled; it is tried again', { channel: id }, error)
      told.add(id)
      // Behind the others: one that fails for ever must not keep them from being settled.
      waiting.add(id)
      failures += 1
      await clock.sleep(backOffMs(failures, backOff, random), { signal })
    }
  }

  /** One after the other: the store has just failed. */
  async function settleAll(signal: AbortSignal): Promise<void> {
    try {
      // What is added during the loop is visited too.
      for (const id of waiting) {
        waiting.delete(id)
        await settleOne(id, signal)
      }
    } finally {
      // In the turn in which the loop found no more.
      isBusy = false
    }
  }

  async function begin(): Promise<void> {
    isBusy = true
    try {
      await lifetime.run(settleAll)
    } catch {
      // The engine ends. What the store says then is what the next start goes by.
      isBusy = false
    }
  }

  return {
    get size() {
      return waiting.size + (isBusy ? 1 : 0)
    },
    settle(id) {
      waiting.add(id)
      if (!isBusy) void begin()
    },
  }
}
