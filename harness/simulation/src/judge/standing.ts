import type { AdjudicatorLog, ChannelId, StateHash } from '@perun-watcher/core'
import type { ContractRecord } from './contract/records.ts'
import type { ChainHead } from './evidence.ts'

/** What all participants signed of what stands for a channel: where an app was played, the state that the play began from. */
export interface Standing {
  readonly version: bigint
  /** `undefined`: it was replaced within the block that brought it. */
  readonly stateHash: StateHash | undefined
}

/** What stands for each channel of interest at a head. */
export type StandingAt = (head: ChainHead) => ReadonlyMap<ChannelId, Standing>

export function standings(channels: readonly ChannelId[]): StandingAt {
  const known = new Map<ChainHead, ReadonlyMap<ChannelId, Standing>>()
  const interesting = new Set(channels)

  function at(head: ChainHead): ReadonlyMap<ChannelId, Standing> {
    // From the newest known ancestor on, without recursion: chains are long.
    const unknown: ChainHead[] = []
    let ancestor: ChainHead | undefined = head
    for (; ancestor !== undefined && !known.has(ancestor); ancestor = ancestor.parent) unknown.push(ancestor)
    let standing = (ancestor && known.get(ancestor)) ?? new Map<ChannelId, Standing>()
    for (const next of unknown.reverse()) {
      standing = after(standing, next)
      known.set(next, standing)
    }
    return standing
  }

  function after(before: ReadonlyMap<ChannelId, Standing>, head: ChainHead): ReadonlyMap<ChannelId, Standing> {
    const logs = head.logs.filter(({ channelId }) => interesting.has(channelId))
    if (logs.length === 0) return before
    const standing = new Map(before)
    for (const id of new Set(logs.map(({ channelId }) => channelId))) {
      const record = head.records.get(id)
      const ours = logs.filter(({ channelId }) => channelId === id)
      const previous = head.parent?.records.get(id)
      if (record !== undefined) standing.set(id, replayed(before.get(id), ours, previous, record))
    }
    return standing
  }

  return at
}

/** What stands after a block that wrote the channel's record. */
function replayed(
  before: Standing | undefined,
  logs: readonly AdjudicatorLog[],
  previous: ContractRecord | undefined,
  record: ContractRecord,
): Standing {
  let standing = before
  let written: { readonly version: bigint; readonly hash: StateHash | undefined } | undefined = previous && {
    version: previous.version,
    hash: previous.stateHash,
  }
  for (const { phase, version } of logs) {
    const isConcludedAsItStands =
      phase === 'concluded' &&
      written?.version === version &&
      (written.hash === undefined || written.hash === record.stateHash)
    if (phase === 'dispute' || (phase === 'concluded' && !isConcludedAsItStands)) {
      standing = { version, stateHash: record.version === version ? record.stateHash : undefined }
    }
    written = { version, hash: undefined }
  }
  return standing ?? { version: record.version, stateHash: record.stateHash }
}
