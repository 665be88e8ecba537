import type { BlockHash, TransactionHash } from '@perun-watcher/core'
import {
  invalidAnswer,
  parseFields,
  parseQuantity,
  parseRpcBlockHash,
  parseRpcTransactionHash,
} from '../../rpc/parse-rpc.ts'

/** What a block did with a transaction. */
export interface Receipt {
  readonly transactionHash: TransactionHash
  readonly blockNumber: bigint
  readonly blockHash: BlockHash
  readonly succeeded: boolean
  readonly gasUsed: bigint
  /** As the node gave them: a receipt whose logs are odd still says what became of the transaction. */
  readonly logs: unknown
}

function parseStatus(value: unknown): boolean {
  const status = parseQuantity(value, 'receipt.status')
  if (status > 1n) throw invalidAnswer('receipt.status', '0 or 1', value)
  return status === 1n
}

/**
 * The answer of `eth_getTransactionReceipt`; `undefined` while no block includes the transaction, which some nodes say
 * by `null` and others by a receipt without a block.
 *
 * @throws WatcherError `CHAIN_DATA_INVALID`
 */
export function parseReceipt(value: unknown): Receipt | undefined {
  if (value === null || value === undefined) return undefined
  const fields = parseFields(value, 'receipt')
  if (fields['blockHash'] === null || fields['blockNumber'] === null) return undefined
  return {
    transactionHash: parseRpcTransactionHash(fields['transactionHash'], 'receipt.transactionHash'),
    blockNumber: parseQuantity(fields['blockNumber'], 'receipt.blockNumber'),
    blockHash: parseRpcBlockHash(fields['blockHash'], 'receipt.blockHash'),
    succeeded: parseStatus(fields['status']),
    gasUsed: parseQuantity(fields['gasUsed'], 'receipt.gasUsed'),
    logs: fields['logs'],
  }
}
