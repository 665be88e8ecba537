import { HDKey } from '@scure/bip32'
import { mnemonicToSeed, validateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import type { PrivateKey } from './private-key.ts'

/** The path of accounts that wallets use for Ethereum (BIP-44, coin type 60); the index of the account follows. */
const path = "m/44'/60'/0'/0"

/**
 * The first keys of a mnemonic, as wallets derive them (BIP-39 without a passphrase, BIP-32).
 *
 * @param phrase words of the English list, in whatever case and with whatever between them.
 * @returns `undefined` where it is no mnemonic: with words that the list has not, or a wrong checksum.
 */
export async function mnemonicKeys(phrase: string, count: number): Promise<readonly PrivateKey[] | undefined> {
  const words = phrase.toLowerCase().normalize('NFKD').trim().split(/\s+/).join(' ')
  if (!validateMnemonic(words, wordlist)) return undefined
  const root = HDKey.fromMasterSeed(await mnemonicToSeed(words)).derive(path)
  return Array.from({ length: count }, (_, index) => {
    const { privateKey } = root.deriveChild(index)
    if (privateKey === null) throw new TypeError('no private key')
    return privateKey
  })
}
