import { Command, type Option } from '@commander-js/extra-typings'
import { systemClock, systemRandom } from '@perun-watcher/core/system'
import { configOption } from '../config/place-options.ts'
import { flagsOf, settingOptions } from '../config/setting-options.ts'
import type { CommandContext } from '../terminal/command-context.ts'

export function runCommand({ output, env, signal, immediate, onHangup, end }: CommandContext) {
  const command = new Command('run')
    .summary('watch channels for clients that connect over ZeroMQ')
    .description(
      'Guards the channels that clients hand over: stores their newest states, follows the chain, and refutes older states ' +
        'that somebody registers. Settings come from flags, the environment and one TOML file; docs/configuration.md lists ' +
        'them. Without the settings that it needs it starts on this machine only, says which are missing, and waits.',
    )
    .addOption(configOption())
  for (const option of settingOptions()) command.addOption(option as Option<string>)
  return command
    .addHelpText(
      'after',
      '\nThe first SIGINT or SIGTERM ends it in order, within shutdown.grace; the second at once. SIGHUP is perun-watcher ' +
        'reload.\n\nEnds with 0 when told to, once or twice; 75 when the same may work later; 78 when the configuration is ' +
        'wrong; otherwise with 1. Where files cannot be closed within a second of the second signal, it is killed.',
    )
    .action(async (options) => {
      // Loaded on demand: `--help` needs neither sockets nor a chain.
      const { runDaemon } = await import('../run/run-daemon.ts')
      const sources = { file: options.config, env, flags: flagsOf(options) }
      end(await runDaemon({ sources, output, clock: systemClock, random: systemRandom, signal, immediate, onHangup }))
    })
}
