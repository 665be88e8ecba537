import type { Job } from '../lane/job.ts'
import type { Lane } from '../lane/lane.ts'

interface Waiting {
  readonly job: Job
  readonly tried: ReadonlySet<Lane>
  readonly give: (lane: Lane | undefined) => void
}

/** Hands out the places of the lanes: to the most urgent job first, in the lane with the fewest waiting transactions. */
export class LaneQueue {
  readonly #lanes: readonly Lane[]
  readonly #maxPendingPerLane: number
  readonly #waiting = new Set<Waiting>()

  constructor(lanes: readonly Lane[], maxPendingPerLane: number) {
    this.#lanes = lanes
    this.#maxPendingPerLane = maxPendingPerLane
  }

  /**
   * A place in a lane that was not tried yet, as soon as there is one; `undefined` when the job was settled before.
   * Whoever gets it must `leave` the lane again, when the job has got its nonce or will not.
   */
  enter(job: Job, tried: ReadonlySet<Lane>): Promise<Lane | undefined> {
    return new Promise((resolve) => {
      const waiting: Waiting = { job, tried, give: resolve }
      this.#waiting.add(waiting)
      job.signal.addEventListener('abort', () => this.#drop(waiting), { once: true })
      if (job.signal.aborted) this.#drop(waiting)
      else this.dispatch()
    })
  }

  /** Gives away the places that are free. */
  dispatch(): void {
    // Most calls end here: under load many wait, and few places become free at a time.
    if (this.#waiting.size === 0 || this.#open().length === 0) return
    const byUrgency = [...this.#waiting].sort((a, b) => (a.job.request.deadline < b.job.request.deadline ? -1 : 1))
    for (const waiting of byUrgency) {
      const open = this.#open()
      if (open.length === 0) return
      const lane = freest(open.filter((lane) => !waiting.tried.has(lane)))
      if (lane === undefined) continue
      this.#waiting.delete(waiting)
      lane.enter()
      waiting.give(lane)
    }
  }

  #open(): readonly Lane[] {
    return this.#lanes.filter((lane) => lane.load < this.#maxPendingPerLane)
  }

  #drop(waiting: Waiting): void {
    if (this.#waiting.delete(waiting)) waiting.give(undefined)
  }
}

function freest(lanes: readonly Lane[]): Lane | undefined {
  return lanes.reduce<Lane | undefined>((best, lane) => (best && best.load <= lane.load ? best : lane), undefined)
}
