import type { DisputeAction } from '../../dispute/decide.ts'
import type { ChannelId } from '../../model/brand.ts'
import { channelsOf } from './action-key.ts'
import { type DisputeContext, secondsUntil } from './dispute-context.ts'
import { readRecords } from './read-records.ts'

export type Doubts = 'none' | 'answered' | 'unanswered'

/** Milliseconds; and a twentieth of the time left, if that is less. */
const mostPatienceMs = 5_000

/**
 * Reads the records again that logs took back, or that a stream which began anew did not confirm: it may have left a log out,
 * and then what it took back still stands. A short moment, once for each change, unless that was in vain: clients may
 * change something without pause.
 *
 * @returns whether there were such records, so that it is to be decided again, and whether all of them were read.
 */
export async function readDoubtful(dispute: DisputeContext, action: DisputeAction): Promise<Doubts> {
  const { index, chainClock, clock } = dispute
  const isDoubtful = (id: ChannelId): boolean => {
    const entry = index.get(id)
    return entry?.record !== undefined && entry.readAt === undefined
  }
  const doubtful = channelsOf(action).filter(isDoubtful)
  const patienceMs = Math.min(mostPatienceMs, Number(secondsUntil(action.deadline, chainClock)) * 50)
  if (doubtful.length === 0 || patienceMs <= 0) return 'none'
  await readRecords(dispute, doubtful, [(options) => clock.sleep(patienceMs, options)])
  return doubtful.some(isDoubtful) ? 'unanswered' : 'answered'
}
