import type { ExitCode } from './exit-codes.ts'
import type { Environment, Output } from './output.ts'

/** What a command gets of the world. A command is one file in `commands` that makes a `Command` out of this. */
export interface CommandContext {
  readonly output: Output
  readonly env: Environment
  /** Aborts when the program is to end; a command that is told so undoes what it began. */
  readonly signal: AbortSignal
  /** Aborts when it is to end at once; the process does not live much longer. */
  readonly immediate: AbortSignal
  /** Tells a listener of SIGHUP, which otherwise ends the process, until it is disposed of. */
  onHangup(listener: () => void): Disposable
  /** Says how the program ends. Default: `exitCodes.ok`. */
  end(code: ExitCode): void
}
