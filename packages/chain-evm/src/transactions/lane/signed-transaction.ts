import { keccak_256 } from '@noble/hashes/sha3.js'
import { type Hex, parseTransactionHash, type TransactionHash, WatcherError } from '@perun-watcher/core'
import type { TransactionAttempt } from '@perun-watcher/core/adapter'
import { deserialize, type Serialized } from 'ox/TxEnvelopeEip1559'
import { parseAddress } from '../../rpc/parse-rpc.ts'
import type { Fees } from '../fees/fee-policy.ts'
import type { Call } from '../node/call.ts'

/** One signed transaction for a nonce. Several may exist, and any of them may be the one that a block includes. */
export interface SignedTransaction {
  readonly hash: TransactionHash
  readonly raw: Hex
  readonly fees: Fees
  readonly call: Call
}

/** The hash by which the chain will know a signed transaction. */
export function transactionHash(raw: Hex): TransactionHash {
  const digest = keccak_256(Buffer.from(raw.slice(2), 'hex'))
  return parseTransactionHash(`0x${Buffer.from(digest).toString('hex')}`)
}

const isSerialized = (raw: Hex): raw is Serialized => raw.startsWith('0x02')

/**
 * Reads a journal entry back.
 *
 * @throws WatcherError `STORE_FAILED` for anything but a complete EIP-1559 transaction with the nonce of its entry.
 */
export function parseAttempt(attempt: TransactionAttempt): SignedTransaction {
  const broken = (cause?: unknown): WatcherError =>
    new WatcherError('STORE_FAILED', 'The journal holds something other than a transaction of this watcher.', {
      details: [`Account ${attempt.account}, nonce ${attempt.nonce}.`],
      cause,
    })
  if (!isSerialized(attempt.raw)) throw broken()
  try {
    const { to, data, gas, nonce, maxFeePerGas, maxPriorityFeePerGas } = deserialize(attempt.raw)
    // Absent means zero in this encoding.
    if ((nonce ?? 0n) !== attempt.nonce) throw broken()
    return {
      hash: transactionHash(attempt.raw),
      raw: attempt.raw,
      fees: { maxFeePerGas: maxFeePerGas ?? 0n, maxPriorityFeePerGas: maxPriorityFeePerGas ?? 0n },
      call: { to: parseAddress(to, 'to'), data: data ?? '0x', gas: gas ?? 0n },
    }
  } catch (error) {
    throw error instanceof WatcherError ? error : broken(error)
  }
}
