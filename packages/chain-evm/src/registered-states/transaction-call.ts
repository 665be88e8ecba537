import type { AbortOptions, Hex, TransactionHash } from '@perun-watcher/core'
import type { Address, EvmClient } from '../rpc/evm-client.ts'
import { invalidAnswer, parseAddress, parseFields } from '../rpc/parse-rpc.ts'

/** What a transaction itself calls. */
export interface TransactionCall {
  /** `undefined` where the transaction creates a contract. */
  readonly to: Address | undefined
  readonly data: Hex
}

/**
 * @throws WatcherError `CHAIN_DATA_INVALID` where the node does not know the transaction or describes it wrongly, and whatever the
 *   client throws.
 */
export async function readTransaction(
  client: EvmClient,
  hash: TransactionHash,
  options: AbortOptions,
): Promise<TransactionCall> {
  const fields = parseFields(await client.request('eth_getTransactionByHash', [hash], options), 'transaction')
  const to = fields['to']
  const input = fields['input']
  if (typeof input !== 'string') throw invalidAnswer('transaction.input', 'bytes in hexadecimal', input)
  // Its digits are looked at where it is decoded: most inputs are nobody's business.
  return {
    to: to === undefined || to === null ? undefined : parseAddress(to, 'transaction.to'),
    data: `0x${input.slice(2).toLowerCase()}`,
  }
}
