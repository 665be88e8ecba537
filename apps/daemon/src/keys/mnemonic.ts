import { HDKey } from '@scure/bip32'
import { mnemonicToSeed, validateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import type { PrivateKey } from './private-key.ts'

/** The derivation path of Ethereum accounts (BIP-44, coin type 60), without the index of the account. */
const path = "m/44'/60'/0'/0"

/**
 * The first keys of a mnemonic (BIP-39 without a passphrase, BIP-32).
 *
 * @param phrase words of the English list, in any case, separated by any white space.
 * @returns `undefined` if it is not a mnemonic: a word is not in the list, or the checksum is wrong.
 */
export async function mnemonicKeys(phrase: string, count: number): Promise<readonly PrivateKey[] | undefined> {
  const words = phrase.toLowerCase().normalize('NFKD').trim().split(/\s+/).join(' ')
  if (!validateMnemonic(words, wordlist)) return undefined
  return keysBelow(await mnemonicToSeed(words), 0, count)
}

/**
 * Further keys of a key: those of the BIP-32 tree whose seed it is, from index 1 on, so that any wallet that takes a seed finds
 * them again. Index 0 is left out: the key itself takes its place.
 */
export function derivedKeys(key: PrivateKey, count: number): readonly PrivateKey[] {
  return keysBelow(key, 1, count)
}

function keysBelow(seed: Uint8Array, first: number, count: number): readonly PrivateKey[] {
  const root = HDKey.fromMasterSeed(seed).derive(path)
  return Array.from({ length: count }, (_, index) => {
    const { privateKey } = root.deriveChild(first + index)
    if (privateKey === null) throw new TypeError('no private key')
    return privateKey
  })
}
