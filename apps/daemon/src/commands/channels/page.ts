import type { ChannelRow } from './channel-row.ts'

export interface PageOptions {
  readonly disputed: boolean
  /** Name of a client that watches the channel. */
  readonly client: string | undefined
  /** The id, or its beginning. */
  readonly id: string | undefined
  /** Only channels with an id above this one. */
  readonly after: string | undefined
  /** Most channels to show. */
  readonly limit: number
}

export interface Page {
  /** In the order of their ids. */
  readonly rows: readonly ChannelRow[]
  /** How many fit, these and those on later pages. */
  readonly matching: number
  /** Where the next page goes on; `undefined`: this is the last one. */
  readonly next: string | undefined
}

/** One page of any number of channels, in memory for one page only. */
export async function pageOf(channels: AsyncIterable<ChannelRow>, options: PageOptions): Promise<Page> {
  const { limit } = options
  let best: ChannelRow[] = []
  let matching = 0
  for await (const channel of channels) {
    if (!isAskedFor(channel, options)) continue
    matching++
    best.push(channel)
    // Sorting now and then instead of with each: the order of ids that come is that of chance.
    if (best.length >= 2 * limit + 1_000) best = lowest(best, limit)
  }
  const rows = lowest(best, limit)
  return { rows, matching, next: matching > rows.length ? rows.at(-1)?.id : undefined }
}

function lowest(rows: readonly ChannelRow[], limit: number): ChannelRow[] {
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit)
}

function isAskedFor(channel: ChannelRow, { disputed, client, id, after }: PageOptions): boolean {
  return (
    (!disputed || channel.isDisputed) &&
    (client === undefined || channel.clients.includes(client)) &&
    (id === undefined || channel.id.startsWith(id.toLowerCase())) &&
    (after === undefined || channel.id > after.toLowerCase())
  )
}
