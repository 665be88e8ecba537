import { type ExitCode, exitCodes } from './exit-codes.ts'

/** Why everything is to end: somebody asked for it. */
export class Interruption extends Error {
  override readonly name = 'Interruption'
  readonly exitCode: ExitCode

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`Interrupted by ${signal}.`)
    this.exitCode = signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated
  }
}

export interface Interruptions {
  /** Aborts with the first signal, so that what was started can be ended in order. */
  readonly signal: AbortSignal
  /** Aborts with the second: what is not done by now is left undone. */
  readonly immediate: AbortSignal
}

/** Milliseconds that the second signal leaves for closing files. */
const lastMs = 1000

/**
 * Listens to SIGINT and SIGTERM. Soon after the second signal the process kills itself: `process.exit` waits for threads
 * that may be waiting for it, and whatever is stored survives a kill.
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

/** SIGHUP, with which supervisors ask a daemon to read its configuration again. It ends a process that does not listen. */
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
