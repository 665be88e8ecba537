/**
 * The chain backend of the Perun watcher over any Ethereum client library, and what applications need to hand over their
 * states. `@perun-watcher/chain-viem` and `@perun-watcher/chain-ethers` are made of it; use it to support another client
 * library.
 *
 * @packageDocumentation
 */

export type { BackendOptions, EvmBackendOptions } from './backend/backend-options.ts'
export { type EvmBackend, evmBackend } from './backend/evm-backend.ts'
export { signedStateFromAbi, transactionFromAbi } from './codec/from-abi.ts'
export {
  type ChainKind,
  type ChainPreset,
  type ChosenPreset,
  chainPreset,
  type ExtraFee,
} from './limits/chain-presets.ts'
export type { LimitOptions } from './limits/ledger-limits.ts'
export type {
  Address,
  EvmClient,
  EvmSigner,
  NoAnswer,
  RequestOptions,
  RpcRefusal,
  UnsignedTransaction,
} from './rpc/evm-client.ts'
export type { Endpoint, EndpointHealth, RpcOutcome } from './rpc/failover/endpoint.ts'
export { type FailoverClient, type FailoverOptions, failoverClient } from './rpc/failover/failover-client.ts'
export { parseAddress } from './rpc/parse-rpc.ts'
export { chainUnreachable, rpcRefused } from './rpc/rpc-errors.ts'
export type { RpcFailure } from './rpc/rpc-failure.ts'
export type { LowBalance } from './transactions/fees/balance-watch.ts'
export type { FeeLimits } from './transactions/fees/fee-policy.ts'
export type { ValueAtStake, ValueOptions } from './value/value-at-stake.ts'
export { type EngineName, signatureEngine } from './verify/signer-recovery-engine.ts'
