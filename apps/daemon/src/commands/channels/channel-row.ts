import type { ChannelSummary, Store } from '@perun-watcher/core/adapter'
import type { ChannelLine } from '../../control/protocol.ts'

/** A channel as the command shows it; only a running daemon knows how many bytes it takes. */
export type ChannelRow = Omit<ChannelLine, 'type' | 'bytes'> & { readonly bytes?: number }

export async function* rowsOfStore(store: Store, signal: AbortSignal): AsyncGenerator<ChannelRow> {
  for await (const summary of store.summaries({ signal })) yield rowOf(summary)
}

function rowOf({ id, parents, clients, version, isFinal, records }: ChannelSummary): ChannelRow {
  const known = records.flatMap(({ record }) => record ?? [])
  // Where ledgers differ, the one that needs attention.
  const record = known.find(({ phase }) => phase === 'dispute') ?? known[0]
  const isDisputed = record?.phase === 'dispute'
  return {
    id,
    parents: [...parents],
    clients: [...clients],
    version: String(version),
    isFinal,
    isDisputed,
    ...(record === undefined
      ? {}
      : { record: { version: String(record.version), phase: record.phase, timeout: String(record.timeout) } }),
    ...(record !== undefined && isDisputed ? { deadline: String(record.timeout) } : {}),
  }
}
