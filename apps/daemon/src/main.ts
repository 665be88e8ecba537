import { Command, CommanderError } from '@commander-js/extra-typings'
import { version } from '../package.json'
import type { CommandContext } from './terminal/command-context.ts'
import { backupCommand } from './commands/backup.ts'
import { channelsCommand } from './commands/channels.ts'
import { checkConfigCommand } from './commands/check-config.ts'
import { demoCommand } from '../../demo/src/demo-command.ts'
import { doctorCommand } from './commands/doctor.ts'
import { exportCommand } from './commands/export.ts'
import { importCommand } from './commands/import.ts'
import { keygenCommand } from './commands/keygen.ts'
import { reloadCommand } from './commands/reload.ts'
import { rescueCommand } from './commands/rescue.ts'
import { restoreCommand } from './commands/restore.ts'
import { runCommand } from './commands/run.ts'
import { statusCommand } from './commands/status.ts'
import { verifyCommand } from './commands/verify.ts'
import { type ExitCode, exitCodeOf, exitCodes } from './terminal/exit-codes.ts'
import { Interruption } from './terminal/interruption.ts'

const programName = 'perun-watcher'

/** A new command is a file in `commands` and an entry here. */
const commands = [
  runCommand,
  demoCommand,
  keygenCommand,
  checkConfigCommand,
  doctorCommand,
  statusCommand,
  channelsCommand,
  reloadCommand,
  backupCommand,
  restoreCommand,
  exportCommand,
  importCommand,
  verifyCommand,
  rescueCommand,
]

/** The program, with its arguments but without its process. @returns how it is to end; never rejects. */
export async function main(args: readonly string[], context: Omit<CommandContext, 'end'>): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok
  try {
    await program({
      ...context,
      end(ended) {
        code = ended
      },
    }).parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    return report(error, context)
  }
}

function program(context: CommandContext): Command {
  const { out, err } = context.output
  const root = new Command(programName)
    .description('Watches Perun state channels and refutes old states that somebody registers.')
    .version(version, '-V, --version')
  for (const command of commands) root.addCommand(command(context))
  for (const command of [root, ...root.commands]) {
    command
      // Errors come back to `main` instead of ending the process.
      .exitOverride()
      .configureOutput({ writeOut: out.write, writeErr: err.write })
      .showHelpAfterError(`To see what there is: ${nameOf(command)} --help`)
  }
  return root
}

function nameOf(command: { readonly name: () => string }): string {
  return command.name() === programName ? programName : `${programName} ${command.name()}`
}

function report(error: unknown, { output: { err }, signal }: Omit<CommandContext, 'end'>): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  const reason: unknown = signal.aborted ? signal.reason : error
  if (reason instanceof Interruption) {
    err.write(`${reason.message}\n`)
    return reason.exitCode
  }
  err.write(`error: ${describe(error)}\n`)
  return exitCodeOf(error)
}

/** Errors with a code say what to do about them; of others, all that there is to know. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error ? error.message : (error.stack ?? error.message)
}
