import { Command, Option } from '@commander-js/extra-typings'
import { type CommandContext, chainNames, type ExitCode, runProgram } from '@perun-watcher/daemon/internal'
import { contractNames } from './contracts.ts'
import { showDemo } from './show-demo.ts'

/** The demo, with its arguments but without its process. @returns how it is to end; never rejects. */
export function main(args: readonly string[], context: Omit<CommandContext, 'end'>): Promise<ExitCode> {
  return runProgram(args, context, demoCommand)
}

function demoCommand({ output, signal, end }: CommandContext) {
  return new Command('pnpm demo')
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
    .addOption(
      new Option('--contract <whose>', "contracts on the chain: this repository's, or Perun's own, which need Go")
        .choices(contractNames)
        .default('devnet' as const),
    )
    .option('--json', 'one JSON object per event on standard output, the last one a summary; words on standard error')
    .addHelpText('after', '\nExits with 0 if every cheat was refuted and every balance is right, otherwise with 1.')
    .action(async ({ chain, contract, json = false }) =>
      end(await showDemo({ chain, contract, json }, { output, signal })),
    )
}
