import { Command } from '@commander-js/extra-typings'
import { systemClock } from '@perun-watcher/core/system'
import { configOption, dataDirectoryOption, placesFor } from '../../config/place-options.ts'
import type { CommandContext } from '../../terminal/command-context.ts'

export function exportCommand({ output, env, signal }: CommandContext) {
  return new Command('export')
    .summary('write the store as lines of JSON')
    .description(
      'Writes all that a store holds into a new file, one JSON object per line: to look inside, or to move to another kind ' +
        'of store. Refused while a daemon writes to the store; export a backup then.',
    )
    .argument('<file>', 'the file to write; nothing may be there yet')
    .addOption(configOption())
    .addOption(dataDirectoryOption())
    .option('--from <path>', 'a backup or another store, instead of the one of the data directory')
    .option('--json', 'one JSON object on standard output; words and progress on standard error')
    .action(async (file, { from, json = false, ...options }) => {
      const { exportTo } = await import('./tasks.ts')
      const context = { output, clock: systemClock, json, signal }
      await exportTo(from ?? (await placesFor(options, env)).store, file, context)
    })
}
