import { firstOf } from '../../async/first-of.ts'
import type { DisputeAction } from '../../dispute/decide.ts'
import { statesOf } from './action-key.ts'
import { type DisputeContext, secondsUntil } from './dispute-context.ts'

/** Milliseconds; and a twentieth of the time left, if that is less. */
const mostPatienceMs = 5_000

/**
 * Reads the records again that logs took back, or that a stream which began anew did not confirm: it may have left a log out,
 * and then what it took back still stands. A short moment, once for each change.
 *
 * @returns whether there were such records: decide again then.
 */
export async function readDoubtful(dispute: DisputeContext, action: DisputeAction): Promise<boolean> {
  const { index, recordReader, chainClock, clock, ticks, signal } = dispute
  const doubtful = statesOf(action)
    .map(({ state }) => index.get(state.channelId))
    .filter((entry) => entry?.record !== undefined && entry.readAt === undefined)
  const patienceMs = Math.min(mostPatienceMs, Number(secondsUntil(action.deadline, chainClock)) * 50)
  if (doubtful.length === 0 || patienceMs <= 0) return false
  const tick = ticks.count
  await firstOf(signal, [
    async (options) => {
      await Promise.all(doubtful.map((entry) => entry && recordReader.tryReading(entry.id, options.signal)))
    },
    (options) => ticks.after(tick, options),
    (options) => clock.sleep(patienceMs, options),
  ])
  return true
}
