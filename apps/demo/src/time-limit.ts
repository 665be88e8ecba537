import { DemoError } from './demo-error.ts'

export interface TimeLimit extends Disposable {
  /** Aborts with `DEMO_STALLED` when the time is up. */
  readonly signal: AbortSignal
}

/** @param where - what is under way, for the message */
export function timeLimit(ms: number, where: () => string): TimeLimit {
  const controller = new AbortController()
  const timer = setTimeout(() => {
    controller.abort(
      new DemoError(
        'DEMO_STALLED',
        `The demo is not done after ${ms / 1000} s; what did not end is: ${where()}.`,
        'Run it again on a machine with less to do; if it happens every time, report it with this message.',
      ),
    )
  }, ms)
  return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) }
}
