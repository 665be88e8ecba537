import { Command } from '@commander-js/extra-typings'
import { systemClock } from '@perun-watcher/core/system'
import { configOption, dataDirectoryOption, placesFor } from '../../config/place-options.ts'
import type { CommandContext } from '../../terminal/command-context.ts'
import { exitCodes } from '../../terminal/exit-codes.ts'

export function verifyCommand({ output, env, signal, end }: CommandContext) {
  return new Command('verify')
    .summary('verify a store or a backup')
    .description('Verifies every entry of a store that no daemon uses, and lists what is damaged.')
    .argument('[path]', 'a backup or another store; without it, the store of the data directory')
    .addOption(configOption())
    .addOption(dataDirectoryOption())
    .option('--json', 'one JSON object on standard output; words and progress on standard error')
    .addHelpText('after', '\nExits with 0 if nothing is damaged, otherwise with 1.')
    .action(async (path, { json = false, ...options }) => {
      const { verify } = await import('./tasks.ts')
      const context = { output, clock: systemClock, json, signal }
      const store = path ?? (await placesFor(options, env)).store
      if (!(await verify(store, context))) end(exitCodes.failed)
    })
}
