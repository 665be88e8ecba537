import type { ChannelId, HeldState } from '@perun-watcher/core'
import type { ChannelSummary, Store } from '@perun-watcher/core/adapter'

/** Every summary, in the order of the store. */
export async function summariesOf(store: Store): Promise<readonly ChannelSummary[]> {
  const found: ChannelSummary[] = []
  for await (const summary of store.summaries()) found.push(summary)
  return found
}

/** All states that are kept of a line besides the newest, in the order of the store. */
export async function historyOf(store: Store, id: ChannelId, line = 0): Promise<readonly HeldState[]> {
  const found: HeldState[] = []
  for await (const held of store.history(id, line)) found.push(held)
  return found
}

/** What a store holds of some channels, for comparison before and after. */
export async function contentOf(store: Store, ids: readonly ChannelSummary['id'][]): Promise<unknown> {
  const channels: unknown[] = []
  for (const id of ids) {
    const channel = await store.load(id)
    const lines = [0, ...(channel?.otherLines.map(({ number }) => number) ?? [])]
    const histories: unknown[] = []
    for (const line of lines) histories.push(await historyOf(store, id, line))
    channels.push({ channel, histories })
  }
  const summaries = (await summariesOf(store)).toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const ledgers: unknown[] = []
  for (const ledger of store.ledgers) {
    ledgers.push({ ledger, cursor: await store.cursor(ledger), attempts: await store.journal(ledger).attempts() })
  }
  return { channels, summaries, ledgers }
}
