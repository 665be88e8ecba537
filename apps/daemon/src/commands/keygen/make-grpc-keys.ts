import { resolve } from 'node:path'
import { WatcherError } from '@perun-watcher/core'
import { writeNewKeyFile } from '../../keys/new-key-file.ts'
import { tlsKeyText } from '../../keys/tls-key-file.ts'
import { keyMakers, newToken } from '../../listen/key-makers.ts'
import type { MadeKey } from './made-key.ts'

/** A private key with a certificate that it has signed itself, in one file. */
export async function makeTlsKey(
  kind: 'tls-device' | 'tls-server',
  path: string,
  hosts: readonly string[],
): Promise<MadeKey> {
  const file = resolve(path)
  const { generate, publicKeyOf } = await keyMakers.tls()
  const pair = generate(hosts)
  await writeNewKeyFile(file, tlsKeyText(pair))
  const hash = publicKeyOf(pair.certificate)
  if (kind === 'tls-server') {
    return {
      kind,
      file,
      public: hash,
      next: [
        'Give the hash to every client: by it they know their watcher.',
        `For clients that check certificates instead: openssl x509 -in ${file} -out server.crt`,
        'Keep a copy of the file; clients insist on this key.',
      ],
    }
  }
  const name = `tls:${hash}`
  return {
    kind,
    file,
    public: name,
    next: [
      `On the watcher, add it to listen.clients: clients = ["${name}"].`,
      'The file holds the private key and its certificate. With it the client needs the hash of the public key of the watcher ' +
        'and its gRPC address; perun-watcher status shows both.',
    ],
  }
}

/** What a client without a certificate shows. */
export async function makeToken(path: string, client: string | undefined): Promise<MadeKey> {
  if (client === undefined) {
    throw new WatcherError('OPTION_INVALID', 'A token needs the name of its client.', {
      details: ['For example: perun-watcher keygen token device-1.token --client device-1'],
    })
  }
  const file = resolve(path)
  const { token, hash } = await newToken(client)
  await writeNewKeyFile(file, `${token}\n`)
  return {
    kind: 'token',
    file,
    public: `${client} ${hash}`,
    next: [
      'On the watcher, add this line to the file of listen.grpc_tokens_file.',
      'The client sends what is in the file: authorization: Bearer and the token. Whoever has it is taken for the client.',
    ],
  }
}
