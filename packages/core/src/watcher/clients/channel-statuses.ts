import { isRefutable } from '../../dispute/record-rules.ts'
import type { ClientName } from '../../model/brand.ts'
import type { AdjudicatorRules } from '../../spi/chain.ts'
import type { ChannelStatus, WatcherEngine } from '../../spi/engine.ts'
import { parseChannelId } from '../../validation/parse-hex.ts'
import type { ChainClock } from '../chain/chain-clock.ts'
import { type ChannelEntry, type ChannelIndex, isWatched } from '../channels/channel-index.ts'
import { ownNewest } from '../channels/lines.ts'
import type { DisputeScheduler } from '../disputes/dispute-scheduler.ts'

/** What is known of the guarded channels, for people and for those who decide what a client may do. */
export type ChannelStatuses = Pick<WatcherEngine, 'channel' | 'channels' | 'channelsOf'>

export interface ChannelStatusesDeps {
  readonly index: ChannelIndex
  readonly disputeScheduler: Pick<DisputeScheduler, 'isOpen'>
  readonly chainClock: Pick<ChainClock, 'head'>
  readonly rules: AdjudicatorRules
}

export function channelStatuses({ index, disputeScheduler, chainClock, rules }: ChannelStatusesDeps): ChannelStatuses {
  /** Without a block to compare with, a window counts as open. */
  function isOpen({ record }: ChannelEntry): boolean {
    return record !== undefined && isRefutable(record, { rules, now: chainClock.head?.timestamp ?? 0n })
  }

  /** Its own record first: a channel of which a parent is not known has no root. */
  function isDisputed(entry: ChannelEntry): boolean {
    if (isOpen(entry)) return true
    const roots = index.rootsOf(entry.id)
    return roots.some(disputeScheduler.isOpen) || index.membersOfAll(roots).some(isOpen)
  }

  function statusOf(entry: ChannelEntry, client?: ClientName): ChannelStatus {
    const { id, isLedger, parents, clients, bytes, record } = entry
    const { version, isFinal } = client === undefined ? furthestOf(entry) : ownNewest(entry, client)
    const deadline =
      record !== undefined && isOpen(entry) ? (rules.refutableUntil(record) ?? record.timeout) : undefined
    const payers = isWatched(entry) ? undefined : index.payersOf(id)
    return {
      id,
      isLedger,
      parents,
      clients,
      payers,
      version,
      isFinal,
      bytes,
      record,
      get isDisputed() {
        return isDisputed(entry)
      },
      deadline,
    }
  }

  return {
    channel(id, client) {
      const entry = index.get(parseChannelId(id))
      return entry && statusOf(entry, client)
    },
    channelsOf: (client) => index.channelsOf(client),
    *channels() {
      for (const entry of index.entries()) yield statusOf(entry)
    },
  }
}

type NewestState = Pick<ChannelEntry, 'version' | 'isFinal'>

function furthestOf(entry: ChannelEntry): NewestState {
  return entry.otherLines.reduce<NewestState>((best, line) => (line.version > best.version ? line : best), entry)
}
