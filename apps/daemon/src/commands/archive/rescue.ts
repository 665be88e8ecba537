import { Command } from '@commander-js/extra-typings'
import { systemClock } from '@perun-watcher/core/system'
import type { CommandContext } from '../../terminal/command-context.ts'
import { exitCodes } from '../../terminal/exit-codes.ts'

export function rescueCommand({ output, signal, end }: CommandContext) {
  return new Command('rescue')
    .summary('make a new store of what can be read in a damaged one')
    .description(
      'Copies all that can be read in a damaged store into a new one, and names the rest. The damaged one stays as it is.',
    )
    .argument('<from>', 'the damaged store')
    .argument('<to>', 'where the new one is to be; nothing may be there yet')
    .option('--json', 'one JSON object on standard output; words and progress on standard error')
    .addHelpText('after', '\nEnds with 0 if all of it is sound, otherwise with 1.')
    .action(async (from, to, { json = false }) => {
      const { rescue } = await import('./tasks.ts')
      const context = { output, clock: systemClock, json, signal }
      if (!(await rescue(from, to, context))) end(exitCodes.failed)
    })
}
