import { compareJobs, type Holdings, holdingsOf, placesFor } from '../lane/fair-order.ts'
import type { Job } from '../lane/job.ts'
import { canPay, type Lane } from '../lane/lane.ts'

interface Waiting {
  readonly job: Job
  readonly tried: ReadonlySet<Lane>
  readonly give: (lane: Lane | undefined) => void
}

/** Hands out the places of the lanes, in {@link compareJobs}' order, in the lane with the fewest waiting transactions among those that can pay. */
export interface LaneQueue {
  /**
   * Reserves a place in a lane that was not tried yet, as soon as there is one; `undefined` when the job was settled
   * before. Whoever gets it must release the place, when the job has got its nonce or will not.
   */
  reserve(job: Job, tried: ReadonlySet<Lane>): Promise<Lane | undefined>
  /** Hands out the places that are free. */
  dispatch(): void
}

export function laneQueue(lanes: readonly Lane[], maxPendingPerLane: number): LaneQueue {
  const waiting = new Set<Waiting>()

  function laneFor({ job, tried }: Waiting, holdings: Holdings): Lane | undefined {
    const places = placesFor(job, holdings, maxPendingPerLane, lanes.length)
    return leastLoaded(lanes.filter((lane) => lane.load < places && !tried.has(lane)))
  }

  /** The first in the order that finds a lane. */
  function next(holdings: Holdings): { readonly entry: Waiting; readonly lane: Lane } | undefined {
    let best: { readonly entry: Waiting; readonly lane: Lane } | undefined
    for (const entry of waiting) {
      if (best !== undefined && compareJobs(entry.job, best.entry.job, holdings) >= 0) continue
      const lane = laneFor(entry, holdings)
      if (lane !== undefined) best = { entry, lane }
    }
    return best
  }

  function dispatch(): void {
    // Most calls end here: under load many wait, and few places become free at a time.
    while (waiting.size > 0 && lanes.some(({ load }) => load < maxPendingPerLane)) {
      const found = next(holdingsOf(lanes.flatMap((lane) => lane.holders())))
      if (found === undefined) return
      const { entry, lane } = found
      waiting.delete(entry)
      lane.reservePlace(entry.job)
      entry.give(lane)
    }
  }

  function drop(entry: Waiting): void {
    if (waiting.delete(entry)) entry.give(undefined)
  }

  return {
    reserve: (job, tried) =>
      new Promise((resolve) => {
        const entry: Waiting = { job, tried, give: resolve }
        waiting.add(entry)
        job.signal.addEventListener('abort', () => drop(entry), { once: true })
        if (job.signal.aborted) drop(entry)
        else dispatch()
      }),
    dispatch,
  }
}

/** Of those that can pay, if there are any: each of the others would only be asked in vain. */
function leastLoaded(lanes: readonly Lane[]): Lane | undefined {
  const solvent = lanes.filter(canPay)
  const candidates = solvent.length > 0 ? solvent : lanes
  return candidates.reduce<Lane | undefined>((best, lane) => (best && best.load <= lane.load ? best : lane), undefined)
}
