import { Argument, Command } from '@commander-js/extra-typings'
import { configOption, dataDirectoryOption, placesFor } from '../../config/place-options.ts'
import type { CommandContext } from '../../terminal/command-context.ts'
import { jsonLine } from '../../terminal/output.ts'
import type { KeyKind } from './make-key.ts'

const keyKinds = ['device', 'server', 'receipts', 'account'] as const satisfies readonly KeyKind[]

export function keygenCommand({ output: { out }, env }: CommandContext) {
  return new Command('keygen')
    .summary('make a key for a device, for the watcher or for its account')
    .description(
      'Writes a new key to a file that only its owner may read, and prints the public part. device and server are CURVE ' +
        'keys, receipts is an Ed25519 key, account is an Ethereum key, encrypted with a password. Nothing is overwritten.',
    )
    .addArgument(new Argument('<kind>', 'whose key').choices(keyKinds))
    .argument('[file]', 'the file to write; server and receipts go where run looks for them')
    .addOption(configOption())
    .addOption(dataDirectoryOption())
    .option('--password-file <file>', 'file with the password that encrypts an account')
    .option('--json', 'one JSON object on standard output')
    .action(async (kind, file, { passwordFile, json = false, ...options }) => {
      // Loaded on demand: the libraries for keys are large.
      const { makeKey } = await import('./make-key.ts')
      const made = await makeKey({ kind, file, passwordFile }, () => placesFor(options, env))
      const lines = [`Wrote ${made.file}`, `${made.kind === 'account' ? 'Address' : 'Public key'}: ${made.public}`]
      out.write(`${json ? jsonLine(made) : [...lines, ...made.next].join('\n')}\n`)
    })
}
