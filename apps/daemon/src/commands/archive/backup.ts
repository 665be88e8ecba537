import { Command } from '@commander-js/extra-typings'
import { systemClock } from '@perun-watcher/core/system'
import { configOption, dataDirectoryOption, placesFor } from '../../config/place-options.ts'
import type { CommandContext } from '../../terminal/command-context.ts'
import { exitCodes } from '../../terminal/exit-codes.ts'

export function backupCommand({ output, env, signal, end }: CommandContext) {
  return new Command('backup')
    .summary('copy the store, also while the daemon runs')
    .description(
      'Makes a consistent copy of the store, through the running daemon or without one, then verifies the copy. ' +
        'Keys are not copied.',
    )
    .argument('<path>', 'where the copy is to be; nothing may be there yet')
    .addOption(configOption())
    .addOption(dataDirectoryOption())
    .option('--json', 'one JSON object on standard output; words and progress on standard error')
    .addHelpText('after', '\nExits with 0 if nothing is damaged, otherwise with 1.')
    .action(async (path, { json = false, ...options }) => {
      const { backUp } = await import('./tasks.ts')
      const context = { output, clock: systemClock, json, signal }
      if (!(await backUp(await placesFor(options, env), path, context))) end(exitCodes.failed)
    })
}
