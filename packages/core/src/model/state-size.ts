import type { Hex } from './brand.ts'
import type { Asset, State, Transaction } from './channel.ts'

const bytesOf = (hex: Hex): number => (hex.length - 2) / 2

const wordsFor = (hex: Hex): number => Math.ceil(bytesOf(hex) / 32)

/** Id, version, finality, the four lists of the outcome, the app data's length, and an allowance for how they are put together. */
const fixedWords = 14

const wordsOfAsset = ({ holder, crossChainHolder }: Asset): number => 4 + wordsFor(holder) + wordsFor(crossChainHolder)

function stateWords({ outcome, appData }: State): number {
  const { assets, backends, balances, locked } = outcome
  // With loops: this is asked several times for every state that is published.
  let words = fixedWords + backends.length + wordsFor(appData)
  for (const asset of assets) words += wordsOfAsset(asset)
  for (const row of balances) words += row.length + 2
  for (const lock of locked) words += lock.balances.length + lock.indexMap.length + 6
  return words
}

/**
 * The size of a signed state as quotas and caches count it, the same for every store and every ledger: each number counts
 * as 32 bytes, everything else as what it is, rounded up to as much. A store that compresses takes less, one with indices
 * takes more; what a ledger has to be told is the backend's business (`sizeOf`).
 */
export function stateBytes({ state, sigs }: Transaction): number {
  let bytes = 32 * stateWords(state)
  for (const sig of sigs) bytes += bytesOf(sig)
  return bytes
}
