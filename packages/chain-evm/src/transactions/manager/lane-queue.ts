import type { Job } from '../lane/job.ts'
import type { Lane } from '../lane/lane.ts'

interface Waiting {
  readonly job: Job
  readonly tried: ReadonlySet<Lane>
  readonly give: (lane: Lane | undefined) => void
}

/** Hands out the places of the lanes: to the most urgent job first, in the lane with the fewest waiting transactions. */
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

  const open = (): readonly Lane[] => lanes.filter((lane) => lane.load < maxPendingPerLane)

  function dispatch(): void {
    // Most calls end here: under load many wait, and few places become free at a time.
    if (waiting.size === 0 || open().length === 0) return
    const byUrgency = [...waiting].sort((a, b) => (a.job.request.deadline < b.job.request.deadline ? -1 : 1))
    for (const next of byUrgency) {
      const candidates = open()
      if (candidates.length === 0) return
      const lane = leastLoaded(candidates.filter((candidate) => !next.tried.has(candidate)))
      if (lane === undefined) continue
      waiting.delete(next)
      lane.reservePlace()
      next.give(lane)
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

function leastLoaded(lanes: readonly Lane[]): Lane | undefined {
  return lanes.reduce<Lane | undefined>((best, lane) => (best && best.load <= lane.load ? best : lane), undefined)
}
