/**
 * What ethers and viem would both need to watch a Perun adjudicator: encoding, hashes, signatures, the log stream with
 * its reorg tracker, and the transaction manager. Contains no client library.
 *
 * @packageDocumentation
 */
export type { Address, EvmClient, EvmSigner, RpcRefusal, UnsignedTransaction } from './rpc/evm-client.ts'
export { type Header, parseAddress, parseBlock, parseQuantity, refusalOf, toQuantity } from './rpc/parse-rpc.ts'
export { systemClock, systemRandom } from './runtime/system-clock.ts'
export type {
  FeeLimits,
  LowBalance,
  TransactionManager,
  TransactionManagerOptions,
  TransactionRequest,
} from './transactions/transaction-types.ts'
