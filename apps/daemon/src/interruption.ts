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

/**
 * Aborts with the first signal, so that what was started can be ended in order. A second one ends the process at once;
 * a chain that the demo started ends with it.
 */
export function untilInterrupted(process: NodeJS.Process): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      const interruption = new Interruption(name)
      if (controller.signal.aborted) process.exit(interruption.exitCode)
      controller.abort(interruption)
    })
  }
  return controller.signal
}
