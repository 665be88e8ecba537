import type { ChannelId } from '../../model/brand.ts'
import type { HeldState } from '../../model/channel.ts'
import type { AdjudicatorRules } from '../../spi/chain.ts'
import type { KeptState } from '../../spi/store.ts'
import type { ChannelBook } from '../channels/channel-book.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import type { EngineStore } from '../channels/engine-store.ts'
import { keptRef } from '../channels/kept-states.ts'
import { linesOf } from '../channels/lines.ts'
import type { RecordTracker } from './record-tracker.ts'

export interface ObsoleteStatesDeps {
  readonly index: Pick<ChannelIndex, 'get' | 'isLockable'>
  readonly book: Pick<ChannelBook, 'read' | 'commit'>
  readonly store: Pick<EngineStore, 'history'>
  readonly recordTracker: Pick<RecordTracker, 'isToldFinal'>
  readonly rules: AdjudicatorRules
}

/** Most states that are forgotten with one write. */
const mostAtOnce = 1_000

/** Forgets what a final record makes useless for ever: no reorg can take it back. To be called in the channel's turn. */
export async function forgetObsoleteStates(
  deps: ObsoleteStatesDeps,
  id: ChannelId,
  finalNumber: bigint,
): Promise<void> {
  const { index, book } = deps
  const entry = index.get(id)
  const record = entry?.record
  if (entry === undefined || record?.stateHash === undefined || entry.historyBytes === 0) return
  if (entry.pending.length > 0 || record.blockNumber > finalNumber) return
  // What is forgotten never comes back: a reading, which an endpoint may have made up, is not enough.
  if (!deps.recordTracker.isToldFinal(id, record)) return
  // Of a ledger channel that is concluded nothing is registered any more.
  const isOver = record.phase === 'concluded' && !index.isLockable(id)
  const isRefutable = deps.rules.refutableUntil(record) !== 0n
  // By the version, which the log told: the hash is that of a reading.
  const mayStand = ({ state }: HeldState): boolean =>
    state.version === record.version || (isRefutable && state.version > record.version)
  const isObsolete = (held: HeldState): boolean => isOver || !mayStand(held)
  for (const { number } of linesOf((await book.read(id))?.stored)) await forget(deps, id, number, isObsolete)
}

async function forget(
  { book, store }: ObsoleteStatesDeps,
  id: ChannelId,
  line: number,
  isObsolete: (held: HeldState) => boolean,
): Promise<void> {
  let obsolete: KeptState[] = []
  async function drop(): Promise<void> {
    const channel = await book.read(id)
    const states = obsolete
    obsolete = []
    if (channel !== undefined && states.length > 0) await book.commit(channel, [{ type: 'dropKept', id, line, states }])
  }
  for await (const held of store.history(id, line)) {
    if (isObsolete(held)) obsolete.push(keptRef(held))
    if (obsolete.length >= mostAtOnce) await drop()
  }
  await drop()
}
