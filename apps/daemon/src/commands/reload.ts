import { Command } from '@commander-js/extra-typings'
import { configOption, dataDirectoryOption, placesFor } from '../config/place-options.ts'
import { findDaemon, nobodyThere } from '../control/control-client.ts'
import type { ReloadDone } from '../control/protocol.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { exitCodes } from '../terminal/exit-codes.ts'
import { jsonLine } from '../terminal/output.ts'

export function reloadCommand({ output: { out, err }, env, signal, end }: CommandContext) {
  return new Command('reload')
    .summary('make the running daemon reload its list of clients')
    .description(
      'Makes the running daemon read its configuration again, from where it read it at startup, and applies the list of ' +
        'clients: those that were added may connect, connections of those that were removed end, and what they ' +
        'watch stays guarded. Other settings that have changed are listed; they need a restart. A mistake changes nothing.',
    )
    .addOption(configOption())
    .addOption(dataDirectoryOption())
    .option('--json', 'one JSON object on standard output')
    .addHelpText(
      'after',
      '\nExits with 0 if the list is in effect, 78 if the configuration is invalid, otherwise with 1 or 75.',
    )
    .action(async ({ json = false, ...options }) => {
      const { controlSocket } = await placesFor(options, env)
      const daemon = await findDaemon(controlSocket, { signal })
      if (daemon === undefined) {
        err.write(`${nobodyThere(controlSocket).join('\n')}\n`)
        return end(exitCodes.failed)
      }
      const done = await daemon.reload({ signal })
      out.write(`${json ? jsonLine(done) : doneLines(done).join('\n')}\n`)
    })
}

/** How many client names are shown. */
const mostShown = 20

function doneLines({ clients, added, removed, connectionsEnded, needsRestart }: ReloadDone): readonly string[] {
  return [
    clients === undefined ? 'Everybody may connect.' : `${clients} clients may connect.`,
    ...shown('added', added),
    ...shown('removed', removed),
    ...(connectionsEnded === 0
      ? []
      : [`Connections ended: ${connectionsEnded}. What these clients watch stays guarded.`]),
    ...needsRestart.map((key) => `${key} has changed, and needs a restart.`),
  ]
}

function shown(what: string, names: readonly string[]): readonly string[] {
  const hidden = names.length - mostShown
  return [
    ...names.slice(0, mostShown).map((name) => `  ${what} ${name}`),
    ...(hidden > 0 ? [`  and ${hidden} more ${what}`] : []),
  ]
}
