import { assertNever, toError } from '../errors/watcher-error.ts'
import type { ChannelId, ClientName } from '../model/brand.ts'
import type { AbortOptions } from '../spi/runtime.ts'
import type { ChannelSummary, Mailbox, Store, StoreChange, StoredChannel, TransactionAttempt } from '../spi/store.ts'

/** All that a store holds, piece by piece. */
export type StoreItem =
  | {
      readonly type: 'channel'
      readonly id: ChannelId
      readonly channel: StoredChannel
      /** Of the clients that watch it. */
      readonly mailboxes: readonly (readonly [ClientName, Mailbox])[]
    }
  | { readonly type: 'attempt'; readonly attempt: TransactionAttempt }
  | { readonly type: 'cursor'; readonly blockNumber: bigint }

export interface StoreItemsOptions extends AbortOptions {
  /** Called for a channel that cannot be read; the others are still exported. Default: the error ends the export. */
  readonly onUnreadable?: ((id: ChannelId, error: Error) => void) | undefined
}

/** The content of any open store. It is consistent only if nobody writes to the store meanwhile. */
export async function* storeItems(store: Store, options: StoreItemsOptions = {}): AsyncGenerator<StoreItem> {
  const { signal } = options
  for await (const summary of store.summaries({ signal })) {
    const item = await channelItem(store, summary, options)
    if (item !== undefined) yield item
  }
  for (const attempt of await store.attempts({ signal })) yield { type: 'attempt', attempt }
  // Last, so that a truncated copy does not claim to know what happened on the chain.
  const blockNumber = await store.cursor({ signal })
  if (blockNumber !== undefined) yield { type: 'cursor', blockNumber }
}

async function channelItem(
  store: Store,
  { id, clients }: ChannelSummary,
  { onUnreadable, signal }: StoreItemsOptions,
): Promise<StoreItem | undefined> {
  try {
    const channel = await store.load(id, { signal })
    return channel && { type: 'channel', id, channel, mailboxes: await mailboxesOf(store, id, clients) }
  } catch (error) {
    if (onUnreadable === undefined || signal?.aborted) throw error
    onUnreadable(id, toError(error))
    return undefined
  }
}

async function mailboxesOf(
  store: Store,
  id: ChannelId,
  clients: readonly ClientName[],
): Promise<readonly (readonly [ClientName, Mailbox])[]> {
  const found: (readonly [ClientName, Mailbox])[] = []
  for (const client of clients) {
    const mailbox = await store.mailbox(id, client)
    if (mailbox !== undefined) found.push([client, mailbox])
  }
  return found
}

/**
 * Puts an item into a store that does not have it yet.
 *
 * @throws WatcherError `STORE_STALE_WRITE` where the channel exists
 */
export async function putStoreItem(store: Store, item: StoreItem, options?: AbortOptions): Promise<void> {
  switch (item.type) {
    case 'channel':
      return await store.commit(changesFor(item), options)
    case 'attempt':
      return await store.putAttempt(item.attempt, options)
    case 'cursor':
      return await store.commit([{ type: 'putCursor', blockNumber: item.blockNumber }], options)
    default:
      return assertNever(item)
  }
}

function changesFor({ id, channel, mailboxes }: Extract<StoreItem, { type: 'channel' }>): readonly StoreChange[] {
  const { params, parents, clients, newest, fallback, registered, record, isRecordKnown } = channel
  return [
    { type: 'createChannel', id, params, parents, clients, newest },
    ...(fallback === undefined ? [] : [{ type: 'putFallback', id, held: fallback } as const]),
    ...(registered === undefined ? [] : [{ type: 'putRegistered', id, held: registered } as const]),
    ...(isRecordKnown ? [{ type: 'putRecord', id, record } as const] : []),
    ...mailboxes.map(([client, mailbox]) => ({ type: 'putMailbox', id, client, mailbox }) as const),
  ]
}
