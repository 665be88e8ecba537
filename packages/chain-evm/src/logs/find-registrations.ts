import type { AdjudicatorLog, ChannelId } from '@perun-watcher/core'
import type { FindOptions, LogSearch } from '@perun-watcher/core/adapter'
import { rpcFailure } from '../rpc/rpc-failure.ts'
import type { ChainReader, RangeOptions } from './chain-reader.ts'
import { rangeSize } from './range-size.ts'

/** Blocks per query: with a channel as topic nodes answer large ones. */
const rangeSizes = { first: 10_000n, largest: 1_000_000n } as const

/** Queries of one search, answered or refused; whoever wants more searches on. */
const mostQueries = 24

export type FindRegistrations = (id: ChannelId, options?: FindOptions) => Promise<LogSearch>

/** Searches the history for the logs of one channel, from the head backwards. */
export function findRegistrations(reader: Pick<ChainReader, 'latest' | 'logsOfRange'>): FindRegistrations {
  /** The next search begins with what the node took last. */
  const size = rangeSize(rangeSizes)

  /** The logs in blocks below `end`, and where they begin. Nothing, and the same end, where the range was refused. */
  async function searchBelow(end: bigint, options: RangeOptions): Promise<Found> {
    const blocks = end > size.blocks ? size.blocks : end
    const from = end - blocks
    try {
      const { logs } = await reader.logsOfRange(from, end - 1n, options)
      if (logs.length === 0) size.accepted(blocks)
      return { logs: logs.toReversed(), from }
    } catch (error) {
      options.signal?.throwIfAborted()
      const failure = rpcFailure('eth_getLogs', error)
      // Not every limit is told: some nodes, or what is in front of them, take too long for a large range.
      if (blocks === 1n || failure === 'service' || failure === 'method') throw error
      size.refused(blocks)
      if (failure === 'nothing') throw error
      return { logs: [], from: end }
    }
  }

  return async (channelId, { before, signal } = {}) => {
    const start = before ?? (await reader.latest({ signal })).number + 1n
    let end = start
    let found: Found = { logs: [], from: end }
    for (let queries = 0; end > 0n && found.logs.length === 0 && queries < mostQueries; queries++) {
      try {
        found = await searchBelow(end, { channelId, signal })
      } catch (error) {
        // What was searched so far need not be searched again.
        if (end === start || signal?.aborted === true) throw error
        break
      }
      end = found.from
    }
    return { logs: found.logs, before: end > 0n ? end : undefined }
  }
}

interface Found {
  readonly logs: readonly AdjudicatorLog[]
  readonly from: bigint
}
