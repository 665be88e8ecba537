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
  /** What each gas cost, in wei; `undefined` where the node does not say. */
  readonly effectiveGasPrice: bigint | undefined
  /** What was paid besides, in wei: on a rollup of the OP stack for the data. `undefined`: nothing is told. */
  readonly dataFee: bigint | undefined
}

/** What only says what it cost must not hide what a block did. */
function quantityOrNone(value: unknown, what: string): bigint | undefined {
  try {
    return value === undefined || value === null ? undefined : parseQuantity(value, what)
  } catch {
    return undefined
  }
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
    effectiveGasPrice: quantityOrNone(fields['effectiveGasPrice'], 'receipt.effectiveGasPrice'),
    dataFee: quantityOrNone(fields['l1Fee'], 'receipt.l1Fee'),
  }
}
