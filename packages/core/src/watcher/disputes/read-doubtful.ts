import type { DisputeAction } from '../../dispute/decide.ts'
import { channelsOf } from './action-key.ts'
import { type DisputeContext, secondsUntil } from './dispute-context.ts'
import { readRecords } from './read-records.ts'

/** Milliseconds; and a twentieth of the time left, if that is less. */
const mostPatienceMs = 5_000

/**
 * Reads the records again that logs took back, or that a stream which began anew did not confirm: it may have left a log out,
 * and then what it took back still stands. A short moment, once for each change.
 *
 * @returns whether there were such records: decide again then.
 */
export async function readDoubtful(dispute: DisputeContext, action: DisputeAction): Promise<boolean> {
  const { index, chainClock, clock } = dispute
  const doubtful = channelsOf(action).filter((id) => {
    const entry = index.get(id)
    return entry?.record !== undefined && entry.readAt === undefined
  })
  const patienceMs = Math.min(mostPatienceMs, Number(secondsUntil(action.deadline, chainClock)) * 50)
  if (doubtful.length === 0 || patienceMs <= 0) return false
  await readRecords(dispute, doubtful, [(options) => clock.sleep(patienceMs, options)])
  return true
}
