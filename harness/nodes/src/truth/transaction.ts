import { type Address, type EvmSigner, parseAddress } from '@perun-watcher/chain-evm'
import type { Hex } from '@perun-watcher/core'
import type { ModelAdjudicator, ModelDisputes, ModelResult } from '@perun-watcher/core/testing'
import { deserialize, from, serialize } from 'ox/TxEnvelopeEip1559'
import { keccakHex } from './hash.ts'

/** What an outsider's transaction does to the adjudicator, where that is not in its data. */
export type Move = (adjudicator: ModelAdjudicator, before: ModelDisputes, now: bigint) => ModelResult

/** A transaction, signed, as nodes hand it around. */
export interface Transaction {
  readonly hash: Hex
  readonly raw: Hex
  readonly from: Address
  readonly nonce: bigint
  readonly to: Address
  readonly data: Hex
  readonly gas: bigint
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
  /** Instead of what the data says. */
  readonly move: Move | undefined
}

/** Most wei per gas that whoever builds a block gets from it; negative: no block takes it. */
export function effectiveTip({ maxFeePerGas, maxPriorityFeePerGas }: Transaction, baseFee: bigint): bigint {
  const room = maxFeePerGas - baseFee
  return room < maxPriorityFeePerGas ? room : maxPriorityFeePerGas
}

/**
 * Signatures of transactions would cost most of a run and judge nothing: here the first half of one *is* the account that
 * signed, and every node believes it.
 */
export function simSigner(address: Address): EvmSigner {
  return {
    address,
    signTransaction: async ({ chainId, ...transaction }) =>
      serialize(from({ ...transaction, chainId: Number(chainId), type: 'eip1559' }), {
        signature: { r: `0x${address.slice(2).padStart(64, '0')}`, s: `0x${'1'.padStart(64, '0')}`, yParity: 0 },
      }),
  }
}

/** @throws Error where it is no signed EIP-1559 transaction with a receiver. */
export function decodeTransaction(raw: Hex, chainId: bigint): Transaction {
  if (!raw.startsWith('0x02')) throw new Error('transaction type not supported')
  const envelope = deserialize(`0x02${raw.slice(4)}`)
  if (BigInt(envelope.chainId) !== chainId) throw new Error('invalid chain id for signer')
  if (envelope.r === undefined || envelope.to === undefined || envelope.to === null) throw new Error('invalid sender')
  return {
    hash: keccakHex(raw),
    raw,
    from: parseAddress(`0x${envelope.r.slice(-40).padStart(40, '0')}`),
    nonce: envelope.nonce ?? 0n,
    to: parseAddress(envelope.to),
    data: envelope.data ?? '0x',
    gas: envelope.gas ?? 0n,
    maxFeePerGas: envelope.maxFeePerGas ?? 0n,
    maxPriorityFeePerGas: envelope.maxPriorityFeePerGas ?? 0n,
    move: undefined,
  }
}
