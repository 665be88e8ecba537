import { resolve } from 'node:path'
import { WatcherError } from '@perun-watcher/core'
import { assertNever } from '@perun-watcher/core/adapter'
import type { DataPlaces } from '../../config/places.ts'
import { curveKeyText } from '../../keys/curve-key-file.ts'
import { encryptKeystore } from '../../keys/keystore.ts'
import { writeNewKeyFile } from '../../keys/new-key-file.ts'
import { addressOf, checksummed, newPrivateKey } from '../../keys/private-key.ts'
import { newReceiptKeyText, readReceiptKeyFile, receiptPublicKey } from '../../keys/receipt-key-file.ts'
import { readSecretLine } from '../../keys/secret-file.ts'
import { keyMakers } from '../../listen/key-makers.ts'
import { type KeyRequest, type MadeKey, required } from './made-key.ts'
import { makeTlsKey, makeToken } from './make-grpc-keys.ts'

/**
 * Writes a new key to a new file that only its owner may read.
 *
 * @param places only called if the key goes into the data directory.
 * @throws WatcherError `OPTION_INVALID`, also if the file exists: nothing is ever overwritten.
 */
export async function makeKey(request: KeyRequest, places: () => Promise<DataPlaces>): Promise<MadeKey> {
  const { kind, file, passwordFile, hosts, client } = request
  switch (kind) {
    case 'device':
      return await makeCurveKey(kind, required(kind, file), (publicKey) => [
        `On the watcher, add it to listen.clients: clients = ["${publicKey}"].`,
        'The device needs this file, the public key of the watcher and its address; perun-watcher status shows both.',
      ])
    case 'server':
      return await makeCurveKey(kind, file ?? (await places()).curveKey, () => [
        'Give the public key to every device: by it they know their watcher.',
        'Keep a copy of the file; clients insist on this key.',
      ])
    case 'tls-device':
      return await makeTlsKey(kind, required(kind, file), [])
    case 'tls-server':
      return await makeTlsKey(kind, file ?? (await places()).tlsKey, hosts)
    case 'token':
      return await makeToken(required(kind, file), client)
    case 'receipts':
      return await makeReceiptKey(file ?? (await places()).receiptKey)
    case 'account':
      return await makeAccount(required(kind, file), passwordFile)
    default:
      return assertNever(kind)
  }
}

async function makeCurveKey(
  kind: 'device' | 'server',
  path: string,
  next: (publicKey: string) => readonly string[],
): Promise<MadeKey> {
  const file = resolve(path)
  const pair = await keyMakers.curve()
  await writeNewKeyFile(file, curveKeyText(pair))
  return { kind, file, public: pair.publicKey, next: next(pair.publicKey) }
}

async function makeReceiptKey(path: string): Promise<MadeKey> {
  const file = resolve(path)
  await writeNewKeyFile(file, newReceiptKeyText())
  const publicKey = receiptPublicKey(await readReceiptKeyFile(file, 'receipts.key_file'))
  return { kind: 'receipts', file, public: publicKey, next: ['Clients verify receipts with this public key.'] }
}

async function makeAccount(path: string, passwordFile: string | undefined): Promise<MadeKey> {
  if (passwordFile === undefined) {
    throw new WatcherError('OPTION_INVALID', 'An account needs a password that encrypts its file.', {
      details: ['Write one to a file that only you may read, and pass it as --password-file.'],
    })
  }
  const file = resolve(path)
  const password = await readSecretLine(passwordFile, 'account.password_file')
  if (password === '') throw new WatcherError('OPTION_INVALID', `The password in ${passwordFile} is empty.`)
  const key = newPrivateKey()
  await writeNewKeyFile(file, `${await encryptKeystore(key, password)}\n`)
  const next = [
    'Send funds to it; perun-watcher doctor says how much. Nothing else may send from it.',
    `In the configuration, below [account]: keystore_file = "${file}", password_file = "${resolve(passwordFile)}".`,
    'Keep a copy of both files: without them the funds are lost.',
  ]
  return { kind: 'account', file, public: checksummed(addressOf(key)), next }
}
