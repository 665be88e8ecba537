import { Command } from '@commander-js/extra-typings'
import { systemClock } from '@perun-watcher/core/system'
import { dataDirectoryOption, placesFor } from '../../config/command-config.ts'
import { configOption } from '../../config/options.ts'
import type { CommandContext } from '../../terminal/command-context.ts'
import { exitCodes } from '../../terminal/exit-codes.ts'
import { showStatus } from './show-status.ts'

export function statusCommand({ output, env, signal, end }: CommandContext) {
  return new Command('status')
    .summary('show what the running daemon guards and how it is')
    .description(
      'Shows a running daemon: whether it is ready and why not, head and age, channels, disputes with the time left, ' +
        'balances, clients and the key that they need.',
    )
    .addOption(configOption())
    .addOption(dataDirectoryOption())
    .option('-w, --watch', 'show it again every two seconds, until interrupted')
    .option('--json', 'one JSON object on standard output; with --watch one per line')
    .addHelpText('after', '\nEnds with 0 if the daemon is ready, otherwise with 1.')
    .action(async ({ watch = false, json = false, ...options }) => {
      const { controlSocket } = await placesFor(options, env)
      const isReady = await showStatus({ controlSocket, watch, json, output, clock: systemClock, signal })
      if (!isReady) end(exitCodes.failed)
    })
}
