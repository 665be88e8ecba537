import { Command, Option } from '@commander-js/extra-typings'
import { chainNames } from '../../daemon/src/chain/chain-libraries.ts'
import type { CommandContext } from '../../daemon/src/terminal/command-context.ts'

export function demoCommand({ output, signal, end }: CommandContext) {
  return new Command('demo')
    .summary('play cheats on a local chain and watch them being refuted')
    .description(
      'Starts a chain of its own on this machine with one watcher, lets a dishonest participant register old states of ' +
        'many channels at the same time, and shows that everybody gets what the newest states say. Takes well under a ' +
        'minute, needs no network, and leaves nothing behind.',
    )
    .addOption(
      new Option('--chain <library>', 'client library through which the watcher reaches the chain')
        .choices(chainNames)
        .default('viem' as const),
    )
    .option('--json', 'one JSON object per event on standard output, the last one a summary; words on standard error')
    .addHelpText('after', '\nEnds with 0 if every cheat was refuted and every balance is right, otherwise with 1.')
    .action(async ({ chain, json = false }) => {
      // Loaded here, because other commands need neither a local chain nor its tools.
      const { showDemo } = await import('./show-demo.ts')
      end(await showDemo({ chain, json }, { output, signal }))
    })
}
