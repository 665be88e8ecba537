import { Command, InvalidArgumentError } from '@commander-js/extra-typings'
import { configOption, dataDirectoryOption, placesFor } from '../../config/place-options.ts'
import type { CommandContext } from '../../terminal/command-context.ts'

const mostPerPage = 10_000

export function channelsCommand({ output, env, signal }: CommandContext) {
  return new Command('channels')
    .summary('list the channels that are guarded')
    .description('Lists channels in order of id: those of the running daemon, or of its store if none is running.')
    .addOption(configOption())
    .addOption(dataDirectoryOption())
    .option('--disputed', 'only those with a dispute under way')
    .option('--client <name>', 'only those that this client watches, for example curve:<public key>')
    .option('--id <id>', 'only the one with this id, or those whose id begins so')
    .option('--limit <count>', 'most channels to show', countOf, 50)
    .option('--after <id>', 'go on after this id, which the page before names')
    .option('--json', 'one JSON object per channel on standard output, the last one counts them')
    .action(async ({ disputed = false, client, id, limit, after, json = false, ...options }) => {
      // Loaded on demand: it brings the store's library along.
      const { showChannels } = await import('./show-channels.ts')
      const page = { disputed, client, id, limit, after }
      await showChannels({ places: await placesFor(options, env), page, json, output, signal })
    })
}

function countOf(text: string): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && count >= 1 && count <= mostPerPage) return count
  throw new InvalidArgumentError(`Give a whole number from 1 to ${mostPerPage}.`)
}
