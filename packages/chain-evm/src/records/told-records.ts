import type { AdjudicatorLog, ChannelId, OnChainRecord } from '@perun-watcher/core'
import { phases } from '../codec/phase.ts'

type Told = Pick<OnChainRecord, 'version' | 'phase'>

/** What was told of channels lately, as far as a reading can contradict it. */
export interface ToldRecords {
  /** The channel of which a record was told last. */
  readonly witness: ChannelId | undefined
  /** Whether a record of the channel was told. */
  has(id: ChannelId): boolean
  noteLogs(logs: readonly AdjudicatorLog[]): void
  /** What several endpoints say of a channel, or one whom nothing contradicts. */
  note(id: ChannelId, record: Told | undefined): void
  /** Whether less is said than was told: no ledger forgets, but for reorgs. */
  isLess(id: ChannelId, record: Told | undefined): boolean
}

/** As many channels as ever are in dispute at a time; of others nothing is known, as after a start. */
const mostTold = 4_096

/** Whether the first says less of a channel than the second: no record, an older version, or an earlier phase. */
export function saysLess(a: Told | undefined, b: Told | undefined): boolean {
  if (a === undefined || b === undefined) return a === undefined && b !== undefined
  return a.version < b.version || (a.version === b.version && phases.indexOf(a.phase) < phases.indexOf(b.phase))
}

export function toldRecords(): ToldRecords {
  /** Latest last. */
  const told = new Map<ChannelId, Told>()

  function note(id: ChannelId, record: Told | undefined): void {
    told.delete(id)
    if (record === undefined) return
    told.set(id, { version: record.version, phase: record.phase })
    const [oldest] = told.keys()
    if (told.size > mostTold && oldest !== undefined) told.delete(oldest)
  }

  return {
    get witness() {
      return [...told.keys()].at(-1)
    },
    has: (id) => told.has(id),
    noteLogs(logs) {
      for (const { channelId, version, phase } of logs) note(channelId, { version, phase })
    },
    note,
    isLess: (id, record) => saysLess(record, told.get(id)),
  }
}
