import type { ChannelId } from '../../model/brand.ts'
import type { HeldState } from '../../model/channel.ts'
import type { OnChainRecord } from '../../model/ledger.ts'
import type { KeptState } from '../../spi/store.ts'
import type { ChannelBook, ChannelUpdate } from '../channels/channel-book.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import type { EngineStore } from '../channels/engine-store.ts'
import { keptRef } from '../channels/kept-states.ts'
import { linesOf } from '../channels/lines.ts'

export interface ObsoleteStatesDeps {
  readonly index: Pick<ChannelIndex, 'get' | 'isLockable'>
  readonly book: Pick<ChannelBook, 'read' | 'commit'>
  readonly store: Pick<EngineStore, 'history'>
}

/** Most states that are forgotten with one write. */
const mostAtOnce = 1_000

/** Forgets what a final record makes useless for ever: no reorg can take it back. To be called in the channel's turn. */
export async function forgetObsoleteStates(
  { index, book, store }: ObsoleteStatesDeps,
  id: ChannelId,
  finalNumber: bigint,
): Promise<void> {
  const entry = index.get(id)
  const record = entry?.record
  if (entry === undefined || record === undefined || entry.historyBytes === 0) return
  if (entry.pending.length > 0 || record.blockNumber > finalNumber || record.stateHash === undefined) return
  const isOver = record.phase === 'concluded' && !index.isLockable(id)
  const channel = await book.read(id)
  for (const { number } of linesOf(channel?.stored)) {
    let obsolete: KeptState[] = []
    const forget = async (): Promise<void> => {
      const current = await book.read(id)
      const change: ChannelUpdate = { type: 'dropKept', id, line: number, states: obsolete }
      obsolete = []
      if (current !== undefined) await book.commit(current, [change])
    }
    for await (const held of store.history(id, number)) {
      if (!isOver && mayStand(record, held)) continue
      obsolete.push(keptRef(held))
      if (obsolete.length >= mostAtOnce) await forget()
    }
    if (obsolete.length > 0) await forget()
  }
}

/** Whether a state may still have to stand in a tree, given a record that no reorg can take back. */
function mayStand(record: OnChainRecord, { state, hash }: HeldState): boolean {
  return hash === record.stateHash || (record.phase === 'dispute' && state.version > record.version)
}
