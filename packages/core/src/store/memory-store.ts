import { WatcherError } from '../errors/watcher-error.ts'
import type { ChannelId, ClientName, Hex } from '../model/brand.ts'
import type { Mailbox, Store, StoreChange, StoredChannel, TransactionAttempt } from '../spi/store.ts'
import { applyChange, assertChannel } from './apply-change.ts'
import { summaryOf } from './summary.ts'

/** Mailboxes of one channel, by client. */
type Mailboxes = ReadonlyMap<ClientName, Mailbox>

/** Keeps everything in this process and loses it with it. Every value is immutable, so nothing is copied. */
export function memoryStore(): Store {
  const channels = new Map<ChannelId, StoredChannel>()
  const mailboxes = new Map<ChannelId, Mailboxes>()
  const attempts = new Map<string, TransactionAttempt>()
  let cursor: bigint | undefined
  let owner: string | undefined

  /** All or nothing: changes are worked out first and written only once all of them are known to hold. */
  function commitNow(changes: readonly StoreChange[]): void {
    const staged = new Map<ChannelId, StoredChannel | undefined>()
    const stagedMail = new Map<ChannelId, Mailboxes>()
    let stagedCursor = cursor
    const channelNow = (id: ChannelId): StoredChannel | undefined => (staged.has(id) ? staged.get(id) : channels.get(id))

    for (const change of changes) {
      switch (change.type) {
        case 'putCursor':
          stagedCursor = change.blockNumber
          break
        case 'putMailbox': {
          assertChannel(channelNow(change.id), change.id)
          const mail = new Map(stagedMail.get(change.id) ?? mailboxes.get(change.id))
          if (change.mailbox === undefined) mail.delete(change.client)
          else mail.set(change.client, change.mailbox)
          stagedMail.set(change.id, mail)
          break
        }
        default:
          staged.set(change.id, applyChange(channelNow(change.id), change))
          if (change.type === 'removeChannel') stagedMail.set(change.id, new Map())
      }
    }
    cursor = stagedCursor
    for (const [id, channel] of staged) setOrDelete(channels, id, channel)
    for (const [id, mail] of stagedMail) setOrDelete(mailboxes, id, mail.size === 0 ? undefined : mail)
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
    async *summaries() {
      for (const [id, stored] of [...channels]) yield summaryOf(id, stored)
    },
    async mailbox(id, client) {
      return mailboxes.get(id)?.get(client)
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

function setOrDelete<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key)
  else map.set(key, value)
}
