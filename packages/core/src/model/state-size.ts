import type { Hex } from './brand.ts'
import type { Asset, State, Transaction } from './channel.ts'

const bytesOf = (hex: Hex): number => (hex.length - 2) / 2

const wordsFor = (hex: Hex): number => Math.ceil(bytesOf(hex) / 32)

/** Id, version, finality, the four lists of the outcome, the app data's length, and where each part begins. */
const fixedWords = 14

const wordsOfAsset = ({ holder, crossChainHolder }: Asset): number => 4 + wordsFor(holder) + wordsFor(crossChainHolder)

/** 32-byte words of a state's ABI encoding: what the contract is given, and what participants sign the hash of. */
export function stateWords({ outcome, appData }: State): number {
  const { assets, backends, balances, locked } = outcome
  // With loops: this is asked several times for every state that is published.
  let words = fixedWords + backends.length + wordsFor(appData)
  for (const asset of assets) words += wordsOfAsset(asset)
  for (const row of balances) words += row.length + 2
  for (const lock of locked) words += lock.balances.length + lock.indexMap.length + 6
  return words
}

/**
 * The size of a signed state, the same for every store: bytes of its ABI encoding and of its signatures. A store that
 * compresses takes less, one with indices takes more.
 */
export function stateBytes({ state, sigs }: Transaction): number {
  let bytes = 32 * stateWords(state)
  for (const sig of sigs) bytes += bytesOf(sig)
  return bytes
}
