import { hasSameFunds, lockMatches } from '../../dispute/lock-rules.ts'
import type { ChannelId, ClientName } from '../../model/brand.ts'
import type { HeldState } from '../../model/channel.ts'
import type { OtherLine } from '../../spi/store.ts'
import type { ChannelUpdate, HeldChannel } from '../channels/channel-book.ts'
import { type ChannelIndex, keepsHistory } from '../channels/channel-index.ts'
import type { StateReader } from '../channels/engine-store.ts'
import { freeLineNumber, linesOf, type NumberedLine } from '../channels/lines.ts'

export interface LineDeps {
  readonly index: Pick<ChannelIndex, 'get' | 'lockersOf' | 'chargesOf'>
  readonly store: StateReader
}

/**
 * The writes that give a client a line of its own. Lines that nobody is charged for any more go, unless a state locks them
 * and no other line of the same funds does as well: a channel has at most one line per client, and one for each that is locked.
 */
export async function enrolLine(
  deps: LineDeps,
  { entry: { id }, stored }: HeldChannel,
  client: ClientName,
  newest: HeldState,
): Promise<readonly ChannelUpdate[]> {
  const changes: ChannelUpdate[] = []
  const paid = new Set(deps.index.chargesOf(id).flatMap(({ number, payers }) => (payers.length > 0 ? [number] : [])))
  let staying = linesOf(stored)
  for (const line of stored.otherLines) {
    if (paid.has(line.number)) continue
    const others = staying.filter(({ number }) => number !== line.number)
    if (!(await isReplaced(deps, id, line, others)) && (await isLocked(deps, id, line))) continue
    staying = others
    changes.push({ type: 'removeLine', id, line: line.number })
  }
  return [...changes, { type: 'createLine', id, line: freeLineNumber(stored.otherLines), clients: [client], newest }]
}

/** Whether other lines do what this one does: they are as far, and it does not keep what the adjudicator holds. */
async function isReplaced(
  { index, store }: LineDeps,
  id: ChannelId,
  { number, newest }: OtherLine,
  others: readonly NumberedLine[],
): Promise<boolean> {
  const isBehind = others.some(
    (other) => hasSameFunds(other.newest.state, newest.state) && other.newest.state.version >= newest.state.version,
  )
  const record = index.get(id)?.record
  if (!isBehind || record === undefined) return isBehind
  if (record.stateHash === newest.hash) return false
  return (await store.kept(id, number, record.version, record.stateHash)) === undefined
}

/** Whether a state that is kept of another channel locks the channel with the funds of this line. */
async function isLocked({ index, store }: LineDeps, id: ChannelId, { newest }: OtherLine): Promise<boolean> {
  for (const locker of index.lockersOf(id)) {
    // Its history is not looked through: what it names stays.
    if (keepsHistory(locker) && locker.historyLocks.includes(id)) return true
    const states = linesOf(await store.load(locker.id)).flatMap((line) => [line.newest, ...line.older])
    for (const { state } of states) {
      const lock = state.outcome.locked.find(({ channelId }) => channelId === id)
      if (lock !== undefined && lockMatches(state, lock, newest.state)) return true
    }
  }
  return false
}
