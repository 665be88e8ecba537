import type { Bytes, Signature, SignedState } from '@perun-watcher/core'
import type { LedgerLimits, RegistrationSizes, Size } from '@perun-watcher/core/adapter'

/**
 * How large a call of `register` is, generation v1, without encoding it. Bytes are exact but for numbers of the envelope,
 * which count as large as they can be: a replacement that offers more must not be what exceeds a limit. Gas was measured on
 * the published bytecode of perun-eth-contracts 1.0.0; what is here lies up to 40 % above.
 *
 * And how much gas it takes to settle what was registered: `conclude`, or `concludeFinal` of a single channel. Either does at most
 * what a registration of the same channels does, and pays out: the ledger channel's participants, asset by asset.
 */

const wordBytes = 32

const wordsFor = (bytes: Bytes | Signature): number => Math.ceil((bytes.length - 2) / 2 / wordBytes)

/** Words of 32 bytes, by what they may hold. */
interface Words {
  /** Lengths, offsets, flags and indices: at most four of their bytes are not zero. */
  readonly small: number
  /** Anything else. */
  readonly full: number
}

/**
 * RLP of a transaction of type 2 around its data: type; list header; chain id; nonce, two fees and gas; recipient; value;
 * header of the data; access list; signature. Then the selector, and offset and length of the list of sub-channels.
 */
const transactionBytes = 1 + 4 + 33 + (9 + 33 + 33 + 9) + 21 + 1 + 4 + 1 + (1 + 33 + 33)
const selectorBytes = 4
const registerWords: Words = { small: 2, full: 0 }

/** Gas of calldata (EIP-2028), and of calldata alone where that is more than all the rest (EIP-7623). */
const gasOfByte = { zero: 4, other: 16, floorZero: 10, floorOther: 40 } as const

const gasOfTransaction = 21_000

/** Per channel: three storage slots less the one for an app, the log, the way through the contract. */
const gasOfChannel = 52_000
const gasOfAppFlag = 22_200
/** Per participant: recovery of the signer, and copies of the signature. */
const gasOfParticipant = 5_800
const gasOfAsset = 1_500
/** Per balance: it is added up, and its list is copied. */
const gasOfBalance = 150
/** Per asset of a lock: the locked channel's asset and sum are compared, and added to those above. */
const gasOfLockedAmount = 600
/** Per asset that is paid out: a call of its holder, which marks the channel as settled. */
const gasOfPayout = 16_000
/** Per participant and asset: what the holder keeps for them, mostly a new storage slot. */
const gasOfPaidBalance = 24_200
/** Per word of participants and asset: each holder is handed all participants. */
const gasOfPaidWord = 15
/** Per word of the call: it is checked, copied into memory, and copied again to be hashed. */
const gasOfWord = 220
/** Per participant and word of the state: it is hashed anew for each signature. */
const gasOfHashedWord = 6.5
/** Words of memory for each word of the call, which is never given back. */
const memoryPerWord = 2.7
const gasOfMemorySquared = 1 / 512

interface Counts extends Words {
  /** Of these, how many are of the state. */
  readonly ofState: number
  /** Amounts in all locks. */
  readonly lockedAmounts: number
  /** Balances of all participants in all assets. */
  readonly balances: number
  /** Words of all participants in the parameters. */
  readonly ofParticipants: number
}

/**
 * One channel in a list: where it begins and its three parts; the parameters and the list of participants; the state, its
 * outcome, the outcome's four lists and the app data; the list of signatures.
 */
function countsOf({ params, state, sigs }: SignedState): Counts {
  const { assets, backends, balances, locked } = state.outcome
  // The state: three offsets or flags, the outcome's four offsets, five lengths; id and version.
  let small = 3 + 4 + 5
  let full = 2 + backends.length + wordsFor(state.appData)
  // With loops: this is asked for every state that is published.
  for (const { crossChainHolder } of assets) {
    small += 3
    full += 2 + wordsFor(crossChainHolder)
  }
  let balanceCount = 0
  for (const row of balances) {
    balanceCount += row.length
    small += 2
    full += row.length
  }
  let lockedAmounts = 0
  for (const lock of locked) {
    lockedAmounts += lock.balances.length
    small += 5 + lock.indexMap.length
    full += 1 + lock.balances.length
  }
  const ofState = small + full
  // Four offsets around; the parameters' offset, two flags and a length; the number of signatures. Duration, nonce, app.
  small += 4 + 4 + 1
  full += 3
  let ofParticipants = 0
  for (const { crossChainAddress } of params.participants) {
    const address = 1 + wordsFor(crossChainAddress)
    ofParticipants += 3 + address
    small += 3
    full += address
  }
  for (const sig of sigs) {
    small += 2
    full += wordsFor(sig)
  }
  return { small, full, ofState, lockedAmounts, balances: balanceCount, ofParticipants }
}

/** Gas of calldata: what it costs on top of execution, and the least that all together cost. */
function calldataGas({ small, full }: Words): { readonly added: number; readonly floor: number } {
  const other = 4 * small + wordBytes * full
  const zero = (wordBytes - 4) * small
  return {
    added: gasOfByte.zero * zero + gasOfByte.other * other,
    floor: gasOfByte.floorZero * zero + gasOfByte.floorOther * other,
  }
}

const atLeast = (gas: number): bigint => BigInt(Math.ceil(gas))

/** What it takes to pay a channel out. Those below a ledger channel are paid with it, to its participants. */
function payoutGas({ params, state }: SignedState, { balances, ofParticipants }: Counts): bigint {
  const assets = state.outcome.assets.length
  return atLeast(
    params.ledgerChannel ? (gasOfPayout + gasOfPaidWord * ofParticipants) * assets + gasOfPaidBalance * balances : 0,
  )
}

/** Sizes of registrations within these limits. */
export function registrationSizes(limits: LedgerLimits): RegistrationSizes {
  // Memory costs the square of its size. Up to the limit that is less than this much for each word, which adds up.
  const mostWords = limits.bytes / wordBytes
  const gasOfMemory = memoryPerWord ** 2 * mostWords * gasOfMemorySquared

  function gasOf(channel: SignedState, counts: Counts): bigint {
    const { params, state } = channel
    const words = counts.small + counts.full
    const execution =
      gasOfChannel +
      (params.app === undefined ? 0 : gasOfAppFlag) +
      gasOfParticipant * params.participants.length +
      gasOfAsset * state.outcome.assets.length +
      gasOfBalance * counts.balances +
      gasOfLockedAmount * counts.lockedAmounts +
      gasOfHashedWord * params.participants.length * counts.ofState +
      (gasOfWord + gasOfMemory) * words
    const { added, floor } = calldataGas(counts)
    return atLeast(Math.max(execution + added, floor))
  }

  const envelopeGas = calldataGas({ ...registerWords, full: 1 })
  const envelope: Size = {
    bytes: transactionBytes + selectorBytes + wordBytes * (registerWords.small + registerWords.full),
    work: atLeast(gasOfTransaction + Math.max(envelopeGas.added, envelopeGas.floor)),
  }

  return {
    limits,
    envelope,
    sizeOf(channel) {
      const counts = countsOf(channel)
      const work = gasOf(channel, counts)
      return { bytes: wordBytes * (counts.small + counts.full), work, settling: work + payoutGas(channel, counts) }
    },
  }
}
