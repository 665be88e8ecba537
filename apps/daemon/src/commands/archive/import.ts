import { Command } from '@commander-js/extra-typings'
import { systemClock } from '@perun-watcher/core/system'
import { configOption, dataDirectoryOption, placesFor } from '../../config/place-options.ts'
import type { CommandContext } from '../../terminal/command-context.ts'
import { exitCodes } from '../../terminal/exit-codes.ts'

export function importCommand({ output, env, signal, end }: CommandContext) {
  return new Command('import')
    .summary('create the store from an export')
    .description('Imports the lines that export wrote into a data directory without a store, then verifies it.')
    .argument('<file>', 'the export')
    .addOption(configOption())
    .addOption(dataDirectoryOption())
    .option('--json', 'one JSON object on standard output; words and progress on standard error')
    .addHelpText('after', '\nExits with 0 if nothing is damaged, otherwise with 1.')
    .action(async (file, { json = false, ...options }) => {
      const { importFrom } = await import('./tasks.ts')
      const context = { output, clock: systemClock, json, signal }
      if (!(await importFrom(await placesFor(options, env), file, context))) end(exitCodes.failed)
    })
}
