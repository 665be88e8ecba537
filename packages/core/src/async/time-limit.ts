import type { Clock } from '../spi/runtime.ts'
import { msUntil } from './ms-until.ts'

/** Made once: an abort without a reason makes an error each time, and calls come by the thousand. */
const nobodyWaits = new Error('No call waits any more.')

/** A time-out that many calls share: each may take as long as any other. */
export interface TimeLimit {
  /**
   * Waits for a call no longer than the limit. What the call does after that is its own business.
   *
   * @param expired makes the error of a call that took too long.
   */
  run<T>(call: () => Promise<T>, expired: () => Error): Promise<T>
}

interface Waiting {
  readonly due: number
  readonly expired: () => Error
  readonly reject: (error: unknown) => void
}

/**
 * Calls are due in the order in which they began, so that one sleep, until the oldest is due, serves all of them: a call
 * costs no timer of its own. While no call waits nothing sleeps, so that a program can end.
 */
export function timeLimit(clock: Clock, limitMs: number): TimeLimit {
  /** The oldest first. Somebody watches over them whenever there are any. */
  const waiting = new Set<Waiting>()
  let watching = new AbortController()

  function add(entry: Waiting): void {
    waiting.add(entry)
    if (waiting.size > 1) return
    watching = new AbortController()
    void watch(watching.signal)
  }

  function remove(entry: Waiting): void {
    if (waiting.delete(entry) && waiting.size === 0) watching.abort(nobodyWaits)
  }

  function fail(entry: Waiting, error: unknown): void {
    remove(entry)
    entry.reject(error)
  }

  function oldest(): Waiting | undefined {
    const [first] = waiting
    return first
  }

  async function watch(signal: AbortSignal): Promise<void> {
    try {
      for (let next = oldest(); next !== undefined && !signal.aborted; next = oldest()) {
        const left = msUntil(clock, next.due)
        if (left > 0) await clock.sleep(left, { signal })
        else fail(next, next.expired())
      }
    } catch (error) {
      // Nobody waits any more; or else the clock is broken, and no call would ever be due.
      if (!signal.aborted) for (const entry of waiting) fail(entry, error)
    }
  }

  return {
    run: (call, expired) =>
      new Promise((resolve, reject) => {
        // First of all: a call that throws at once never waits.
        const answer = call()
        const entry: Waiting = { due: clock.now() + limitMs, expired, reject }
        add(entry)
        answer.then(
          (result) => {
            remove(entry)
            resolve(result)
          },
          (error: unknown) => fail(entry, error),
        )
      }),
  }
}
