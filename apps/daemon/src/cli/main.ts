import { Command } from '@commander-js/extra-typings'
import { version } from '../../package.json'
import type { CommandContext } from '../terminal/command-context.ts'
import type { ExitCode } from '../terminal/exit-codes.ts'
import { commandsFor } from './commands.ts'
import { runProgram } from './run-program.ts'

/** The program without its process. @returns the exit code; never rejects. */
export function main(args: readonly string[], context: Omit<CommandContext, 'end'>): Promise<ExitCode> {
  return runProgram(args, context, async (full) => {
    const root = new Command('perun-watcher')
      .description('Watches Perun state channels and refutes old states that somebody registers.')
      .version(version, '-V, --version')
    for (const command of await commandsFor(args)) root.addCommand(command(full))
    return root
  })
}
