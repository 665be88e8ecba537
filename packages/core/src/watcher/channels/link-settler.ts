import type { KeyedMutex } from '../../async/keyed-mutex.ts'
import type { Lifetime } from '../../async/lifetime.ts'
import { type RetryDeps, retry } from '../../async/retry.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { Logger } from '../../spi/runtime.ts'
import type { ChannelBook } from './channel-book.ts'

/** Makes the store say of links what callers were told, after writes of them that were reported as failed. */
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
  const { book, mutex, lifetime, logger } = deps
  const waiting = new Set<ChannelId>()
  let isBusy = false

  async function settleOne(id: ChannelId): Promise<void> {
    try {
      await lifetime.run((signal) => retry(deps, () => mutex.run(id, () => book.settleLinks(id, { signal })), signal))
    } catch (error) {
      if (!lifetime.isOver) logger.error('Enrolment not settled', { channel: id }, error)
    }
  }

  /** One after the other: the store has just failed. */
  async function settleAll(): Promise<void> {
    isBusy = true
    // What is added during the loop is visited too.
    for (const id of waiting) {
      waiting.delete(id)
      await settleOne(id)
    }
    isBusy = false
  }

  return {
    get size() {
      return waiting.size + (isBusy ? 1 : 0)
    },
    settle(id) {
      waiting.add(id)
      if (!isBusy) void settleAll()
    },
  }
}
