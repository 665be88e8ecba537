import { type Command, CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { CommandContext } from '../terminal/command-context.ts'
import { type ExitCode, exitCodeOf, exitCodes } from '../terminal/exit-codes.ts'
import { Interruption } from '../terminal/interruption.ts'

/**
 * Runs a command line without touching the process.
 *
 * @param program makes the parser of the arguments.
 * @returns the exit code; never rejects.
 */
export async function runProgram(
  args: readonly string[],
  context: Omit<CommandContext, 'end'>,
  program: (context: CommandContext) => Command | Promise<Command>,
): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok
  const end = (ended: ExitCode): void => {
    code = ended
  }
  try {
    const root = await program({ ...context, end })
    for (const command of [root, ...root.commands]) intoContext(command, root, context)
    await root.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    return report(error, context)
  }
}

type Context = Omit<CommandContext, 'end'>

/** Makes commander throw instead of ending the process, and write to the output of the context. */
function intoContext(command: Command | CommandUnknownOpts, root: Command, { output: { out, err } }: Context): void {
  const name = command === root ? root.name() : `${root.name()} ${command.name()}`
  command
    .exitOverride()
    .configureOutput({ writeOut: out.write, writeErr: err.write })
    .showHelpAfterError(`To see what there is: ${name} --help`)
}

function report(error: unknown, { output: { err }, signal }: Context): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  const reason: unknown = signal.aborted ? signal.reason : error
  if (reason instanceof Interruption) {
    err.write(`${reason.message}\n`)
    return reason.exitCode
  }
  err.write(`error: ${describe(error)}\n`)
  return exitCodeOf(error)
}

/** Errors with a code explain themselves; of others, the stack is shown. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error ? error.message : (error.stack ?? error.message)
}
