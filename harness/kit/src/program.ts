import { UsageError } from './command-line.ts'
import { say } from './output.ts'

/**
 * Runs a program of the harness: its exit code is what `main` resolves with, or `failureCode` where it rejects. By
 * convention 0 means that every promise was kept and 1 that one was broken.
 */
export function runProgram(main: (args: readonly string[]) => Promise<number>, failureCode = 2): void {
  main(process.argv.slice(2)).then(
    (code) => {
      process.exitCode = code
    },
    (error: unknown) => {
      say(textOf(error))
      process.exitCode = failureCode
    },
  )
}

/** Where the code went wrong is of interest only if the command was right. */
function textOf(error: unknown): string {
  if (error instanceof UsageError) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/**
 * Ends the process by way of an exit when somebody asks it to end, so that what is to be removed or killed at the exit is. A
 * signal alone would leave it behind.
 */
export function exitOnInterruption(): void {
  interruption().addEventListener('abort', () => process.exit(1))
}

/** Aborts when somebody asks the process to end, so that it can end what it started first. */
export function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => controller.abort(new Error(`Interrupted by ${name}.`)))
  }
  return controller.signal
}
