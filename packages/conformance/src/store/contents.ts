import type { ChannelSummary, Store } from '@perun-watcher/core/adapter'

/** Every summary, in the order of the store. */
export async function summariesOf(store: Store): Promise<readonly ChannelSummary[]> {
  const found: ChannelSummary[] = []
  for await (const summary of store.summaries()) found.push(summary)
  return found
}

/** What a store holds of some channels, for comparison before and after. */
export async function contentOf(store: Store, ids: readonly ChannelSummary['id'][]): Promise<unknown> {
  const channels: unknown[] = []
  for (const id of ids) channels.push(await store.load(id))
  const summaries = (await summariesOf(store)).toSorted((a, b) => (a.id < b.id ? -1 : 1))
  return { channels, summaries, cursor: await store.cursor(), attempts: await store.attempts() }
}
