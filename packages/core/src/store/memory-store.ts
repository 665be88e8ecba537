import type { ChannelId, ClientName, Hex } from '../model/brand.ts'
import type { Mailbox, Store, StoreChange, StoredChannel, TransactionAttempt } from '../spi/store.ts'
import { applyChange, assertChannel } from './apply-change.ts'
import { assertLedger } from './assert-ledger.ts'
import { summaryOf } from './summary.ts'

/** A channel with its mailboxes. */
interface Kept {
  readonly channel: StoredChannel
  readonly mailboxes: ReadonlyMap<ClientName, Mailbox>
}

/** Keeps everything in memory and loses it with the process. Every value is immutable, so nothing is copied. */
export function memoryStore(): Store {
  const kept = new Map<ChannelId, Kept>()
  const attempts = new Map<string, TransactionAttempt>()
  let cursor: bigint | undefined
  let owner: string | undefined

  /** All or nothing: changes are computed first and written only once all of them are known to be valid. */
  function commitNow(changes: readonly StoreChange[]): void {
    const staged = new Map<ChannelId, Kept | undefined>()
    let stagedCursor = cursor
    for (const change of changes) {
      if (change.type === 'putCursor') {
        stagedCursor = change.blockNumber
        continue
      }
      const { id } = change
      staged.set(id, applied(staged.has(id) ? staged.get(id) : kept.get(id), change))
    }
    cursor = stagedCursor
    for (const [id, after] of staged) {
      if (after === undefined) kept.delete(id)
      else kept.set(id, after)
    }
  }

  return {
    capabilities: { durable: false },
    async open(ledgerId, options) {
      options?.signal?.throwIfAborted()
      assertLedger(owner ?? ledgerId, ledgerId)
      owner = ledgerId
    },
    async load(id, options) {
      options?.signal?.throwIfAborted()
      return kept.get(id)?.channel
    },
    async commit(changes, options) {
      options?.signal?.throwIfAborted()
      commitNow(changes)
    },
    async *summaries(options) {
      options?.signal?.throwIfAborted()
      for (const [id, { channel }] of [...kept]) yield summaryOf(id, channel)
    },
    async mailbox(id, client, options) {
      options?.signal?.throwIfAborted()
      return kept.get(id)?.mailboxes.get(client)
    },
    async cursor(options) {
      options?.signal?.throwIfAborted()
      return cursor
    },
    async attempts(options) {
      options?.signal?.throwIfAborted()
      return [...attempts.values()]
    },
    async putAttempt(attempt, options) {
      options?.signal?.throwIfAborted()
      attempts.set(attempt.hash, attempt)
    },
    async forgetAttempts(account: Hex, nonce: bigint, options) {
      options?.signal?.throwIfAborted()
      for (const attempt of attempts.values()) {
        if (attempt.account === account && attempt.nonce <= nonce) attempts.delete(attempt.hash)
      }
    },
    async close() {},
    async [Symbol.asyncDispose]() {},
  }
}

const noMailboxes: Kept['mailboxes'] = new Map()

function applied(before: Kept | undefined, change: Exclude<StoreChange, { type: 'putCursor' }>): Kept | undefined {
  if (change.type !== 'putMailbox') {
    const channel = applyChange(before?.channel, change)
    return channel && { channel, mailboxes: before?.mailboxes ?? noMailboxes }
  }
  const channel = before?.channel
  assertChannel(channel, change.id)
  const mailboxes = new Map(before?.mailboxes)
  if (change.mailbox === undefined) mailboxes.delete(change.client)
  else mailboxes.set(change.client, change.mailbox)
  return { channel, mailboxes }
}
