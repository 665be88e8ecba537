import { Command } from '@commander-js/extra-typings'
import { version } from '../../package.json'
import { backupCommand } from '../commands/archive/backup.ts'
import { exportCommand } from '../commands/archive/export.ts'
import { importCommand } from '../commands/archive/import.ts'
import { rescueCommand } from '../commands/archive/rescue.ts'
import { restoreCommand } from '../commands/archive/restore.ts'
import { verifyCommand } from '../commands/archive/verify.ts'
import { channelsCommand } from '../commands/channels/channels.ts'
import { checkConfigCommand } from '../commands/check-config.ts'
import { doctorCommand } from '../commands/doctor/doctor.ts'
import { keygenCommand } from '../commands/keygen/keygen.ts'
import { reloadCommand } from '../commands/reload.ts'
import { runCommand } from '../commands/run.ts'
import { statusCommand } from '../commands/status/status.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import type { ExitCode } from '../terminal/exit-codes.ts'
import { runProgram } from './run-program.ts'

/** A new command is a file in `commands` and an entry here. */
const commands = [
  runCommand,
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
export function main(args: readonly string[], context: Omit<CommandContext, 'end'>): Promise<ExitCode> {
  return runProgram(args, context, program)
}

function program(context: CommandContext): Command {
  const root = new Command('perun-watcher')
    .description('Watches Perun state channels and refutes old states that somebody registers.')
    .version(version, '-V, --version')
  for (const command of commands) root.addCommand(command(context))
  return root
}
