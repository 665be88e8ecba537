import { Command } from '@commander-js/extra-typings'
import { systemClock } from '@perun-watcher/core/system'
import { configOption, dataDirectoryOption, placesFor } from '../../config/place-options.ts'
import type { CommandContext } from '../../terminal/command-context.ts'
import { exitCodes } from '../../terminal/exit-codes.ts'

export function restoreCommand({ output, env, signal, end }: CommandContext) {
  return new Command('restore')
    .summary('create the store from a backup')
    .description('Copies a backup into a data directory without a store, then verifies it.')
    .argument('<path>', 'the backup')
    .addOption(configOption())
    .addOption(dataDirectoryOption())
    .option('--json', 'one JSON object on standard output; words and progress on standard error')
    .addHelpText('after', '\nExits with 0 if nothing is damaged, otherwise with 1.')
    .action(async (path, { json = false, ...options }) => {
      const { restore } = await import('./tasks.ts')
      const context = { output, clock: systemClock, json, signal }
      if (!(await restore(await placesFor(options, env), path, context))) end(exitCodes.failed)
    })
}
