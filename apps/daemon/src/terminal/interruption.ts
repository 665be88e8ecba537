import { type ExitCode, exitCodes } from './exit-codes.ts'

/** The abort reason after SIGINT or SIGTERM. */
export class Interruption extends Error {
  override readonly name = 'Interruption'
  readonly exitCode: ExitCode

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`Interrupted by ${signal}.`)
    this.exitCode = signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated
  }
}

export interface Interruptions {
  /** Aborts on the first signal: shut down gracefully. */
  readonly signal: AbortSignal
  /** Aborts on the second signal: leave everything else undone. */
  readonly immediate: AbortSignal
}

/** Milliseconds to close files after the second signal. */
const lastMs = 1000

/**
 * Handles SIGINT and SIGTERM. Shortly after the second signal the process kills itself: `process.exit` would wait for
 * threads that may be waiting for it, and everything stored survives a kill.
 */
export function untilInterrupted(process: NodeJS.Process): Interruptions {
  const first = new AbortController()
  const second = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      const interruption = new Interruption(name)
      if (!first.signal.aborted) return first.abort(interruption)
      if (second.signal.aborted) return
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), lastMs).unref()
      second.abort(interruption)
    })
  }
  return { signal: first.signal, immediate: second.signal }
}

/** SIGHUP, by which supervisors ask a daemon to reload its configuration. Without a listener it ends the process. */
export function hangupsOf(process: NodeJS.Process): (listener: () => void) => Disposable {
  return (listener) => {
    process.on('SIGHUP', listener)
    return {
      [Symbol.dispose]() {
        process.off('SIGHUP', listener)
      },
    }
  }
}
