import { resolve } from 'node:path'
import { WatcherError } from '@perun-watcher/core'
import { assertNever } from '@perun-watcher/core/adapter'
import { generateCurveKeys } from '@perun-watcher/transport-zmq'
import type { DataPlaces } from '../../config/places.ts'
import { curveKeyText } from '../../keys/curve-key-file.ts'
import { encryptKeystore } from '../../keys/keystore.ts'
import { writeNewKeyFile } from '../../keys/new-key-file.ts'
import { addressOf, checksummed, newPrivateKey } from '../../keys/private-key.ts'
import { newReceiptKeyText, readReceiptKeyFile, receiptPublicKey } from '../../keys/receipt-key-file.ts'
import { readSecretLine } from '../../keys/secret-file.ts'

/** Whose key it is: a device's, the watcher's for its clients, that of its receipts, or of the account that pays. */
export type KeyKind = 'device' | 'server' | 'receipts' | 'account'

export interface KeyRequest {
  readonly kind: KeyKind
  /** The file to write. Default for the watcher's own keys: where `run` looks for them. */
  readonly file: string | undefined
  /** File with the password that encrypts an account. */
  readonly passwordFile: string | undefined
}

/** The public part of a new key. */
export interface MadeKey {
  readonly kind: KeyKind
  readonly file: string
  /** The public key, or the address of the account. */
  readonly public: string
  /** What to do next, as sentences. */
  readonly next: readonly string[]
}

/**
 * Writes a new key to a new file that only its owner may read.
 *
 * @param places only called if the key goes into the data directory.
 * @throws WatcherError `OPTION_INVALID`, also if the file exists: nothing is ever overwritten.
 */
export async function makeKey(
  { kind, file, passwordFile }: KeyRequest,
  places: () => Promise<DataPlaces>,
): Promise<MadeKey> {
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
    case 'receipts':
      return await makeReceiptKey(file ?? (await places()).receiptKey)
    case 'account':
      return await makeAccount(required(kind, file), passwordFile)
    default:
      return assertNever(kind)
  }
}

function required(kind: KeyKind, file: string | undefined): string {
  if (file !== undefined) return file
  throw new WatcherError('OPTION_INVALID', 'The file to write is missing.', {
    details: [`For example: perun-watcher keygen ${kind} ${kind === 'account' ? 'keystore.json' : 'device.key'}`],
  })
}

async function makeCurveKey(
  kind: KeyKind,
  path: string,
  next: (publicKey: string) => readonly string[],
): Promise<MadeKey> {
  const file = resolve(path)
  const pair = generateCurveKeys()
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
