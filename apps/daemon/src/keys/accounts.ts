import { toError, WatcherError } from '@perun-watcher/core'
import { HDNodeWallet, Wallet } from 'ethers'
import type { Hex } from 'viem'
import type { Config } from '../config/schema.ts'
import { readSecretFile, readSecretLine } from './secret-file.ts'

/** An account that pays for refutations. */
export interface Account {
  readonly address: Hex
  /** Never logged, never part of an error. */
  readonly privateKey: Hex
}

type AccountSettings = Config['account']

/**
 * The accounts that the configuration names; empty where it names none. Reading a keystore takes a second or more: it is
 * made to be slow.
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
    return accountOf(await Wallet.fromEncryptedJson(json, secret ?? ''))
  } catch (error) {
    throw invalid('account.keystore_file', `${path} is no Ethereum keystore of this password: ${reasonOf(error)}.`)
  }
}

/** The words of ethers for what is wrong; the rest of its message repeats what was given. */
function reasonOf(error: unknown): string {
  const { message } = toError(error)
  return message.slice(0, message.includes(' (') ? message.indexOf(' (') : 100)
}

function fromMnemonic(mnemonic: string, count: number): readonly Account[] {
  try {
    const phrase = mnemonic.trim().split(/\s+/).join(' ')
    const root = HDNodeWallet.fromPhrase(phrase, '', "m/44'/60'/0'/0")
    return Array.from({ length: count }, (_, index) => accountOf(root.deriveChild(index)))
  } catch {
    throw invalid('account.mnemonic', 'It is no BIP-39 mnemonic: words of the English list, with a right checksum.')
  }
}

function fromRawKey(key: string): Account {
  try {
    return accountOf(new Wallet(key.trim()))
  } catch {
    throw invalid('account.key', 'It is no private key: 0x and 64 hexadecimal digits, within the range of the curve.')
  }
}

function accountOf({ address, privateKey }: { readonly address: string; readonly privateKey: string }): Account {
  return { address: hex(address), privateKey: hex(privateKey) }
}

function hex(text: string): Hex {
  return `0x${text.slice(2).toLowerCase()}`
}

function invalid(key: string, what: string): WatcherError {
  return new WatcherError('OPTION_INVALID', `The secret of ${key} cannot be used.`, { details: [what] })
}
