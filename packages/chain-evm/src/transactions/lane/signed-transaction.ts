import { type Hex, parseTransactionHash, type TransactionHash, WatcherError } from '@perun-watcher/core'
import type { TransactionAttempt } from '@perun-watcher/core/adapter'
import { Undecodable } from '../../codec/abi-reader.ts'
import { toHex } from '../../codec/hex.ts'
import { keccak256 } from '../../codec/keccak.ts'
import { decodeRlp, rlpBytes, rlpUint } from '../../codec/rlp.ts'
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
  return parseTransactionHash(toHex(keccak256(Buffer.from(raw.slice(2), 'hex'))))
}

/** The first byte of an EIP-1559 transaction. */
const eip1559 = 2

/** From the chain id to the signature. */
const fieldCount = 12

/** The fields of a signed EIP-1559 transaction. @throws Undecodable */
function readFields(raw: Hex): Omit<SignedTransaction, 'hash' | 'raw'> & { readonly nonce: bigint } {
  const bytes = Buffer.from(raw.slice(2), 'hex')
  if (bytes.length * 2 !== raw.length - 2) throw new Undecodable('not hexadecimal')
  if (bytes[0] !== eip1559) throw new Undecodable('of another type')
  const fields = decodeRlp(bytes.subarray(1))
  if (Buffer.isBuffer(fields) || fields.length !== fieldCount) throw new Undecodable('another number of fields')
  const [, nonce, maxPriorityFeePerGas, maxFeePerGas, gas, to, , data] = fields
  return {
    nonce: rlpUint(nonce),
    fees: { maxFeePerGas: rlpUint(maxFeePerGas), maxPriorityFeePerGas: rlpUint(maxPriorityFeePerGas) },
    call: { to: parseAddress(toHex(rlpBytes(to)), 'to'), data: toHex(rlpBytes(data)), gas: rlpUint(gas) },
  }
}

/** What a signed transaction does, by its own bytes; `undefined` for anything but a complete EIP-1559 transaction. */
export function signedCall(raw: Hex): Call | undefined {
  try {
    return readFields(raw).call
  } catch {
    return undefined
  }
}

/**
 * Reads a journal entry back.
 *
 * @throws WatcherError `STORE_FAILED` for anything but a complete EIP-1559 transaction with the nonce of its entry.
 */
export function parseAttempt(attempt: TransactionAttempt): SignedTransaction {
  const broken = (cause?: unknown): WatcherError =>
    new WatcherError('STORE_FAILED', 'The journal holds something other than a transaction of this watcher.', {
      details: [`Account ${attempt.lane}, nonce ${attempt.sequence}.`],
      cause,
    })
  try {
    const { nonce, fees, call } = readFields(attempt.raw)
    if (nonce !== attempt.sequence) throw new Undecodable('of another nonce')
    return { hash: transactionHash(attempt.raw), raw: attempt.raw, fees, call }
  } catch (error) {
    throw broken(error)
  }
}
