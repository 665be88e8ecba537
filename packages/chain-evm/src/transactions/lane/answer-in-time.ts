import type { Clock } from '@perun-watcher/core'
import { raceSignal, withScope } from '@perun-watcher/core/internal'

interface Signalled {
  readonly signal: AbortSignal
}

export interface AnswerOptions extends Signalled {
  readonly clock: Clock
  /** How long an answer is waited for. */
  readonly patienceMs: number
  /** Errors that are answers. Default: none is. */
  readonly isVerdict?: (error: unknown) => boolean
}

/**
 * The answer to a question without which the work can go on; `undefined` where the node was of no help, in time.
 *
 * @throws a verdict, or the signal's reason.
 */
export function answerInTime<T>(
  question: (options: Signalled) => Promise<T>,
  { clock, patienceMs, signal: caller, isVerdict = () => false }: AnswerOptions,
): Promise<T | undefined> {
  return withScope(caller, async ({ signal }) => {
    const answer = question({ signal })
    const late = clock.sleep(patienceMs, { signal }).then(() => undefined)
    try {
      return await raceSignal(Promise.race([answer, late]), caller)
    } catch (error) {
      caller.throwIfAborted()
      if (isVerdict(error)) throw error
      return undefined
    } finally {
      void Promise.allSettled([answer, late])
    }
  })
}

/** No question takes more than this part of the time that is left: there are three in a row, and then blocks are needed. */
const shareOfTime = 16
const shortestPatienceMs = 250

/** How long an answer is waited for. @param secondsLeft until the deadline: the less, the shorter. */
export function patienceOf(secondsLeft: bigint): number {
  return Math.max((Number(secondsLeft) * 1_000) / shareOfTime, shortestPatienceMs)
}
