import { type Hex, WatcherError } from '@perun-watcher/core'
import type { Config } from '../config/schema.ts'
import { decryptKeystore, KeystoreError } from './keystore.ts'
import { addressOf, hexOf, isPrivateKey, type PrivateKey } from './private-key.ts'
import { readSecretFile, readSecretLine } from './secret-file.ts'

/** An account that pays for refutations. */
export interface Account {
  readonly address: Hex
  /** Never logged, never part of an error. */
  readonly privateKey: Hex
}

type AccountSettings = Config['account']

/**
 * The accounts of the configuration; empty if it names none. Decrypting a keystore takes a second or more, by design.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export async function loadAccounts(settings: AccountSettings): Promise<readonly Account[]> {
  if (settings.keystore_file !== undefined) return [await fromKeystore(settings.keystore_file, settings)]
  const mnemonic = await secretOf(settings.mnemonic, settings.mnemonic_file, 'account.mnemonic_file')
  if (mnemonic !== undefined) return fromMnemonic(mnemonic, settings.mnemonic_count)
  const key = await secretOf(settings.key, settings.key_file, 'account.key_file')
  return key === undefined ? [] : [fromRawKey(key)]
}

async function secretOf(value: string | undefined, file: string | undefined, key: string): Promise<string | undefined> {
  return file === undefined ? value : await readSecretLine(file, key)
}

async function fromKeystore(path: string, { password, password_file }: AccountSettings): Promise<Account> {
  const json = await readSecretFile(path, 'account.keystore_file')
  const secret = await secretOf(password, password_file, 'account.password_file')
  try {
    return accountOf(await decryptKeystore(json, secret ?? ''))
  } catch (error) {
    if (!(error instanceof KeystoreError)) throw error
    throw invalid('account.keystore_file', `${path} is not an Ethereum keystore with this password: ${error.message}.`)
  }
}

async function fromMnemonic(mnemonic: string, count: number): Promise<readonly Account[]> {
  // Loaded on demand: nothing else needs the word list.
  const { mnemonicKeys } = await import('./mnemonic.ts')
  const keys = await mnemonicKeys(mnemonic, count)
  if (keys !== undefined) return keys.map(accountOf)
  throw invalid('account.mnemonic', 'It is not a BIP-39 mnemonic: words of the English list with a valid checksum.')
}

function fromRawKey(key: string): Account {
  const [, digits = ''] = /^(?:0x)?([0-9a-f]{64})$/i.exec(key.trim()) ?? []
  const bytes = Buffer.from(digits, 'hex')
  if (isPrivateKey(bytes)) return accountOf(bytes)
  throw invalid('account.key', 'It is not a private key: 0x and 64 hexadecimal digits, within the range of the curve.')
}

function accountOf(key: PrivateKey): Account {
  return { address: addressOf(key), privateKey: hexOf(key) }
}

function invalid(key: string, what: string): WatcherError {
  return new WatcherError('OPTION_INVALID', `The secret of ${key} cannot be used.`, { details: [what] })
}
