import { Command } from '@commander-js/extra-typings'
import { systemClock } from '@perun-watcher/core/system'
import { configOption, dataDirectoryOption, placesFor } from '../../config/place-options.ts'
import type { CommandContext } from '../../terminal/command-context.ts'
import { exitCodes } from '../../terminal/exit-codes.ts'

export function statusCommand({ output, env, signal, end }: CommandContext) {
  return new Command('status')
    .summary('show the status of the running daemon')
    .description(
      'Shows a running daemon: readiness and its reasons, head and age, channels, disputes with the time left, ' +
        'balances, clients and the public key that they need.',
    )
    .addOption(configOption())
    .addOption(dataDirectoryOption())
    .option('-w, --watch', 'show it again every two seconds, until interrupted')
    .option('--json', 'one JSON object on standard output; with --watch one per line')
    .addHelpText('after', '\nExits with 0 if the daemon is ready, otherwise with 1.')
    .action(async ({ watch = false, json = false, ...options }) => {
      const { controlSocket } = await placesFor(options, env)
      const { showStatus } = await import('./show-status.ts')
      const isReady = await showStatus({ controlSocket, watch, json, output, clock: systemClock, signal })
      if (!isReady) end(exitCodes.failed)
    })
}
