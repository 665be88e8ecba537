import { WatcherError } from '../errors/watcher-error.ts'
import type { ChannelId, Hex } from '../model/brand.ts'
import type { Store, StoreChange, StoredChannel, TransactionAttempt } from '../spi/store.ts'
import { applyChange } from './apply-change.ts'

/** Keeps everything in this process and loses it with it. Every value is immutable, so nothing is copied. */
export function memoryStore(): Store {
  const channels = new Map<ChannelId, StoredChannel>()
  const attempts = new Map<string, TransactionAttempt>()
  let cursor: bigint | undefined
  let owner: string | undefined

  /** All or nothing: changes are worked out first and written only once all of them are known to hold. */
  function commitNow(changes: readonly StoreChange[]): void {
    const staged = new Map<ChannelId, StoredChannel | undefined>()
    let stagedCursor = cursor
    for (const change of changes) {
      if (change.type === 'putCursor') stagedCursor = change.blockNumber
      else {
        const before = staged.has(change.id) ? staged.get(change.id) : channels.get(change.id)
        staged.set(change.id, applyChange(before, change))
      }
    }
    cursor = stagedCursor
    for (const [id, channel] of staged) {
      if (channel === undefined) channels.delete(id)
      else channels.set(id, channel)
    }
  }

  return {
    capabilities: { durable: false },
    async open(ledgerId) {
      if (owner !== undefined && owner !== ledgerId) {
        throw new WatcherError('STORE_OF_ANOTHER_LEDGER', 'The store was made for another ledger.', {
          details: [`It belongs to ${owner}; asked for ${ledgerId}.`],
        })
      }
      owner = ledgerId
    },
    async load(id) {
      return channels.get(id)
    },
    async commit(changes) {
      commitNow(changes)
    },
    async *channels() {
      yield* [...channels]
    },
    async cursor() {
      return cursor
    },
    async attempts() {
      return [...attempts.values()]
    },
    async putAttempt(attempt) {
      attempts.set(attempt.hash, attempt)
    },
    async forgetAttempts(account: Hex, nonce: bigint) {
      for (const attempt of attempts.values()) {
        if (attempt.account === account && attempt.nonce <= nonce) attempts.delete(attempt.hash)
      }
    },
    async close() {},
    async [Symbol.asyncDispose]() {},
  }
}
