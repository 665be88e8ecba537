import type { ChannelRow } from './channel-row.ts'

export interface PageOptions {
  readonly disputed: boolean
  /** Name of a client that watches the channel. */
  readonly client: string | undefined
  /** The id, or a prefix of it. */
  readonly id: string | undefined
  /** Only channels whose id is greater than this one. */
  readonly after: string | undefined
  /** Most channels to show. */
  readonly limit: number
}

export interface Page {
  /** In order of id. */
  readonly rows: readonly ChannelRow[]
  /** How many match, on this page and later ones. */
  readonly matching: number
  /** Where the next page begins; `undefined` on the last page. */
  readonly next: string | undefined
}

/** A page of any number of channels, using the memory of one page. */
export async function pageOf(channels: AsyncIterable<ChannelRow>, options: PageOptions): Promise<Page> {
  const { limit } = options
  let best: ChannelRow[] = []
  let matching = 0
  for await (const channel of channels) {
    if (!isAskedFor(channel, options)) continue
    matching++
    best.push(channel)
    // Sorted in batches, because ids arrive in random order.
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
