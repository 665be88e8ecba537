import { Argument, Command } from '@commander-js/extra-typings'
import { configOption, dataDirectoryOption, placesFor } from '../../config/place-options.ts'
import type { CommandContext } from '../../terminal/command-context.ts'
import { jsonLine } from '../../terminal/output.ts'
import { type KeyKind, keyKinds } from './made-key.ts'

const kinds = [
  'device',
  'server',
  'tls-device',
  'tls-server',
  'token',
  'receipts',
  'account',
] as const satisfies readonly KeyKind[]

export function keygenCommand({ output: { out }, env }: CommandContext) {
  return new Command('keygen')
    .summary('make a key for a device, for the watcher or for its account')
    .description(
      'Writes a new key to a file that only its owner may read, and prints the public part. device and server are CURVE ' +
        'keys for ZeroMQ; tls-device and tls-server are keys with their certificates, and token is what a client without ' +
        'a certificate shows, all for gRPC; receipts is an Ed25519 key, account is an Ethereum key, encrypted with a ' +
        'password. Nothing is overwritten.',
    )
    .addArgument(new Argument('<kind>', 'whose key').choices(kinds))
    .argument('[file]', 'the file to write; server, tls-server and receipts go where run looks for them')
    .addOption(configOption())
    .addOption(dataDirectoryOption())
    .option('--password-file <file>', 'file with the password that encrypts an account')
    .option('--host <names...>', 'names and addresses of the watcher in its certificate, for clients that check them')
    .option('--client <name>', 'whose token it is')
    .option('--json', 'one JSON object on standard output')
    .action(async (kind, file, { passwordFile, host: hosts = [], client, json = false, ...options }) => {
      // Loaded on demand: the libraries for keys are large.
      const { makeKey } = await import('./make-key.ts')
      const made = await makeKey({ kind, file, passwordFile, hosts, client }, () => placesFor(options, env))
      const lines = [`Wrote ${made.file}`, `${keyKinds[made.kind]}: ${made.public}`]
      out.write(`${json ? jsonLine(made) : [...lines, ...made.next].join('\n')}\n`)
    })
}
