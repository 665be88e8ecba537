import { Command } from '@commander-js/extra-typings'
import { systemClock } from '@perun-watcher/core/system'
import type { CommandContext } from '../../terminal/command-context.ts'
import { exitCodes } from '../../terminal/exit-codes.ts'

export function rescueCommand({ output, signal, end }: CommandContext) {
  return new Command('rescue')
    .summary('copy what is readable in a damaged store into a new one')
    .description(
      'Copies everything readable in a damaged store into a new one, and lists the rest. The damaged one is left as it is.',
    )
    .argument('<from>', 'the damaged store')
    .argument('<to>', 'where the new one is to be; nothing may be there yet')
    .option('--json', 'one JSON object on standard output; words and progress on standard error')
    .addHelpText('after', '\nExits with 0 if nothing is damaged, otherwise with 1.')
    .action(async (from, to, { json = false }) => {
      const { rescue } = await import('./tasks.ts')
      const context = { output, clock: systemClock, json, signal }
      if (!(await rescue(from, to, context))) end(exitCodes.failed)
    })
}
