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
 * How many accounts pay where the configuration does not say. A node holds few waiting transactions of one account, so several
 * are the normal case; but a single key means what it says.
 */
const usualCounts = { mnemonic: 4, key: 1 } as const

/**
 * The accounts of the configuration; empty if it names none. More than the one of a keystore or a raw key are derived from it. Decrypting a keystore takes a second or more, by design.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export async function loadAccounts(settings: AccountSettings): Promise<readonly Account[]> {
  const { count = usualCounts.key } = settings
  if (settings.keystore_file !== undefined) {
    return await derived(await fromKeystore(settings.keystore_file, settings), count)
  }
  const mnemonic = await secretOf(settings.mnemonic, settings.mnemonic_file, 'account.mnemonic_file')
  if (mnemonic !== undefined) return fromMnemonic(mnemonic, settings.count ?? usualCounts.mnemonic)
  const key = await secretOf(settings.key, settings.key_file, 'account.key_file')
  return key === undefined ? [] : await derived(fromRawKey(key), count)
}

async function derived(key: PrivateKey, count: number): Promise<readonly Account[]> {
  if (count === 1) return [accountOf(key)]
  // Loaded on demand: one account needs no derivation.
  const { derivedKeys } = await import('./mnemonic.ts')
  return [key, ...derivedKeys(key, count - 1)].map(accountOf)
}

async function secretOf(value: string | undefined, file: string | undefined, key: string): Promise<string | undefined> {
  return file === undefined ? value : await readSecretLine(file, key)
}

async function fromKeystore(path: string, { password, password_file }: AccountSettings): Promise<PrivateKey> {
  const json = await readSecretFile(path, 'account.keystore_file')
  const secret = await secretOf(password, password_file, 'account.password_file')
  try {
    return await decryptKeystore(json, secret ?? '')
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

function fromRawKey(key: string): PrivateKey {
  const [, digits = ''] = /^(?:0x)?([0-9a-f]{64})$/i.exec(key.trim()) ?? []
  const bytes = Buffer.from(digits, 'hex')
  if (isPrivateKey(bytes)) return bytes
  throw invalid('account.key', 'It is not a private key: 0x and 64 hexadecimal digits, within the range of the curve.')
}

function accountOf(key: PrivateKey): Account {
  return { address: addressOf(key), privateKey: hexOf(key) }
}

function invalid(key: string, what: string): WatcherError {
  return new WatcherError('OPTION_INVALID', `The secret of ${key} cannot be used.`, { details: [what] })
}
