import { lockMatches } from '../../dispute/lock-rules.ts'
import type { ChannelId, ClientName } from '../../model/brand.ts'
import type { HeldState } from '../../model/channel.ts'
import type { OtherLine } from '../../spi/store.ts'
import type { ChannelUpdate, HeldChannel } from '../channels/channel-book.ts'
import { type ChannelIndex, keepsHistory } from '../channels/channel-index.ts'
import type { ChannelLoader } from '../channels/engine-store.ts'
import { freeLineNumber, linesOf } from '../channels/lines.ts'

export interface LineDeps {
  readonly index: Pick<ChannelIndex, 'lockersOf'>
  readonly store: ChannelLoader
}

/**
 * The writes that give a client a line of its own: it comes with funds that no state of the channel has. Lines that nobody
 * has a part in any more, and that no state locks, go: a channel has at most one line per client, and those that are locked.
 */
export async function enrolLine(
  deps: LineDeps,
  { entry: { id, clients }, stored }: HeldChannel,
  client: ClientName,
  newest: HeldState,
): Promise<readonly ChannelUpdate[]> {
  const changes: ChannelUpdate[] = []
  for (const line of stored.otherLines) {
    if (line.clients.some((each) => clients.includes(each)) || (await isLocked(deps, id, line))) continue
    changes.push({ type: 'removeLine', id, line: line.number })
  }
  return [...changes, { type: 'createLine', id, line: freeLineNumber(stored.otherLines), clients: [client], newest }]
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
