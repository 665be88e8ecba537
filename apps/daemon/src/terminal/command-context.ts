import type { ExitCode } from './exit-codes.ts'
import type { Environment, Output } from './output.ts'

/** Everything that a command needs from outside. A command is a file in `commands` that makes a `Command` from this. */
export interface CommandContext {
  readonly output: Output
  readonly env: Environment
  /** Aborts when the program should end; the command then removes what is half done. */
  readonly signal: AbortSignal
  /** Aborts when it must end at once; the process is about to be killed. */
  readonly immediate: AbortSignal
  /** Calls a listener on SIGHUP, which would otherwise end the process, until the result is disposed of. */
  onHangup(listener: () => void): Disposable
  /** Sets the exit code. Default: `exitCodes.ok`. */
  end(code: ExitCode): void
}
