import { setTimeout as pause } from 'node:timers/promises'
import { askStatus } from '../world/control-socket.ts'

/** A stretch of `performance.now()`. */
export interface Stretch {
  readonly fromMs: number
  readonly untilMs: number
}

interface Sample {
  readonly atMs: number
  readonly isReady: boolean
  readonly reasons: readonly string[]
}

/** What a daemon said of itself, and when. */
export interface ReadinessLog extends AsyncDisposable {
  /** How often it said so within a stretch. */
  readyIn(stretch: Stretch): number
  /** The reasons that it gave within a stretch for not being ready. */
  reasonsIn(stretch: Stretch): readonly string[]
}

const lookMs = 500

export function logReadiness(socketPath: () => string): ReadinessLog {
  const samples: Sample[] = []
  const ended = new AbortController()

  async function keepLooking(): Promise<void> {
    while (!ended.signal.aborted) {
      const atMs = performance.now()
      const status = await askStatus(socketPath())
      // One that does not answer is not ready.
      const reasons = status?.readiness.reasons.map(({ code }) => code) ?? []
      samples.push({ atMs, isReady: status?.readiness.ready === true, reasons })
      await pause(lookMs, undefined, { signal: ended.signal })
    }
  }

  const within = ({ fromMs, untilMs }: Stretch): readonly Sample[] =>
    samples.filter(({ atMs }) => fromMs <= atMs && atMs < untilMs)
  const looking = keepLooking().catch(() => {})
  return {
    readyIn: (stretch) => within(stretch).filter(({ isReady }) => isReady).length,
    reasonsIn: (stretch) => [...new Set(within(stretch).flatMap(({ reasons }) => reasons))],
    async [Symbol.asyncDispose]() {
      ended.abort()
      await looking
    },
  }
}
