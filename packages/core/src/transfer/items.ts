import { assertNever, hasCode, toError } from '../errors/watcher-error.ts'
import type { ChannelId, ClientName, LedgerId } from '../model/brand.ts'
import type { HeldState } from '../model/channel.ts'
import type { AbortOptions } from '../spi/runtime.ts'
import type {
  ChannelSummary,
  KeptState,
  Mailbox,
  Store,
  StoreChange,
  StoredChannel,
  StoredLine,
  TransactionAttempt,
} from '../spi/store.ts'
import { badExport } from './bad-export.ts'

/** All that a store holds, piece by piece: none of them grows with the history of a channel. */
export type StoreItem =
  | {
      readonly type: 'channel'
      readonly id: ChannelId
      readonly channel: Pick<StoredChannel, 'params' | 'parents' | 'clients' | 'newest' | 'records'>
      /** Of the clients that watch it. */
      readonly mailboxes: readonly (readonly [ClientName, Mailbox])[]
    }
  /** A line with other funds; after its channel. */
  | {
      readonly type: 'line'
      readonly id: ChannelId
      readonly line: number
      readonly clients: readonly ClientName[]
      readonly newest: HeldState
    }
  /** A state that is kept besides the newest; after its line. */
  | { readonly type: 'kept'; readonly id: ChannelId; readonly line: number; readonly held: HeldState }
  /** Which of the kept states are the older ones, newest first; after all that are kept of the line. */
  | {
      readonly type: 'older'
      readonly id: ChannelId
      readonly line: number
      readonly states: readonly Pick<KeptState, 'version' | 'hash'>[]
    }
  | { readonly type: 'attempt'; readonly ledger: LedgerId; readonly attempt: TransactionAttempt }
  | { readonly type: 'cursor'; readonly ledger: LedgerId; readonly blockNumber: bigint }

export interface StoreItemsOptions extends AbortOptions {
  /** Called for a channel that cannot be read; the others are still exported. Default: the error ends the export. */
  readonly onUnreadable?: ((id: ChannelId, error: Error) => void) | undefined
}

/** The content of any open store. It is consistent only if nobody writes to the store meanwhile. */
export async function* storeItems(store: Store, options: StoreItemsOptions = {}): AsyncGenerator<StoreItem> {
  const { signal } = options
  for await (const summary of store.summaries({ signal })) {
    const read = await readChannel(store, summary, options)
    if (read !== undefined) yield* channelItems(store, summary.id, read, options)
  }
  for (const ledger of store.ledgers) {
    for (const attempt of await store.journal(ledger).attempts({ signal })) yield { type: 'attempt', ledger, attempt }
  }
  // Last, so that a truncated copy does not claim to know what happened on the chain.
  for (const ledger of store.ledgers) {
    const blockNumber = await store.cursor(ledger, { signal })
    if (blockNumber !== undefined) yield { type: 'cursor', ledger, blockNumber }
  }
}

interface ReadChannel {
  readonly channel: StoredChannel
  readonly mailboxes: readonly (readonly [ClientName, Mailbox])[]
}

async function readChannel(
  store: Store,
  { id, clients }: ChannelSummary,
  { onUnreadable, signal }: StoreItemsOptions,
): Promise<ReadChannel | undefined> {
  try {
    const channel = await store.load(id, { signal })
    return channel && { channel, mailboxes: await mailboxesOf(store, id, clients) }
  } catch (error) {
    if (onUnreadable === undefined || signal?.aborted) throw error
    onUnreadable(id, toError(error))
    return undefined
  }
}

async function* channelItems(
  store: Store,
  id: ChannelId,
  { channel, mailboxes }: ReadChannel,
  options: AbortOptions,
): AsyncGenerator<StoreItem> {
  const { params, parents, clients, newest, otherLines, records } = channel
  yield { type: 'channel', id, channel: { params, parents, clients, newest, records }, mailboxes }
  yield* historyItems(store, id, 0, channel, options)
  for (const line of otherLines) {
    yield { type: 'line', id, line: line.number, clients: line.clients, newest: line.newest }
    yield* historyItems(store, id, line.number, line, options)
  }
}

async function* historyItems(
  store: Store,
  id: ChannelId,
  line: number,
  { older, history }: StoredLine,
  { signal }: AbortOptions,
): AsyncGenerator<StoreItem> {
  // Nearly every channel: nothing is read.
  if (history.states === 0) return
  for await (const held of store.history(id, line, { signal })) yield { type: 'kept', id, line, held }
  if (older.length === 0) return
  yield { type: 'older', id, line, states: older.map(({ state, hash }) => ({ version: state.version, hash })) }
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

/** Puts items into a store that does not have them yet, and that is bound to all their ledgers. */
export interface ItemWriter {
  /**
   * The next item. Resolves when there is room for more; what was given before may still be on its way then.
   *
   * @throws WatcherError `STORE_STALE_WRITE` where the channel exists, `EXPORT_INVALID`; of this or of an earlier item
   */
  put(item: StoreItem): Promise<void>
  /** Resolves once everything is written; throws as `put` does. */
  end(): Promise<void>
}

/** How many items are written concurrently, so that a durable store can group them. */
const atOnce = 256

export function itemWriter(store: Store, options?: AbortOptions): ItemWriter {
  let waiting: StoreItem[] = []

  async function end(): Promise<void> {
    const writes = waiting.map((item) => write(store, item, options))
    waiting = []
    const failed = (await Promise.allSettled(writes)).find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  return {
    async put(item) {
      // It names states that may not be written yet.
      if (item.type === 'older') await end()
      waiting.push(item)
      if (waiting.length >= atOnce) await end()
    },
    end,
  }
}

async function write(store: Store, item: StoreItem, options: AbortOptions | undefined): Promise<void> {
  switch (item.type) {
    case 'channel':
      return await store.commit(channelChanges(item), options)
    case 'line': {
      const { id, line, clients, newest } = item
      return await commitOfChannel(store, { type: 'createLine', id, line, clients, newest }, options)
    }
    case 'kept': {
      const { id, line, held } = item
      return await commitOfChannel(store, { type: 'putKept', id, line, held }, options)
    }
    case 'older': {
      const { id, line } = item
      return await commitOfChannel(store, { type: 'putOlder', id, line, older: await olderOf(store, item) }, options)
    }
    case 'attempt':
      return await store.journal(item.ledger).putAttempt(item.attempt, options)
    case 'cursor':
      return await store.commit([{ type: 'putCursor', ledger: item.ledger, blockNumber: item.blockNumber }], options)
    default:
      return assertNever(item)
  }
}

/** @throws WatcherError `EXPORT_INVALID` where there is no such channel or line */
async function commitOfChannel(
  store: Store,
  change: Extract<StoreChange, { type: 'createLine' | 'putKept' | 'putOlder' }>,
  options: AbortOptions | undefined,
): Promise<void> {
  try {
    await store.commit([change], options)
  } catch (error) {
    if (!hasCode(error, 'CHANNEL_UNKNOWN')) throw error
    throw badExport('What a part belongs to is missing.', `Channel ${change.id}, line ${change.line}.`, error)
  }
}

/** @throws WatcherError `EXPORT_INVALID` where a state is not kept */
async function olderOf(
  store: Store,
  { id, line, states }: Extract<StoreItem, { type: 'older' }>,
): Promise<readonly HeldState[]> {
  const older: HeldState[] = []
  for (const { version, hash } of states) {
    const held = await store.kept(id, line, version, hash)
    if (held === undefined) {
      throw badExport('An older state is missing.', `Channel ${id}, line ${line}, version ${version}, hash ${hash}.`)
    }
    older.push(held)
  }
  return older
}

function channelChanges({ id, channel, mailboxes }: Extract<StoreItem, { type: 'channel' }>): readonly StoreChange[] {
  const { params, parents, clients, newest, records } = channel
  return [
    { type: 'createChannel', id, params, parents, clients, newest },
    ...records.map(({ ledger, record }) => ({ type: 'putRecord', id, ledger, record }) as const),
    ...mailboxes.map(([client, mailbox]) => ({ type: 'putMailbox', id, client, mailbox }) as const),
  ]
}
