/**
 * What ethers and viem would both need to watch a Perun adjudicator: encoding, hashes, signatures, the log stream with
 * its reorg tracker, and the transaction manager. Contains no client library.
 *
 * @packageDocumentation
 */

export type { BackendOptions, EvmBackendOptions } from './backend/backend-options.ts'
export { evmBackend } from './backend/evm-backend.ts'
export { type ProbeRequest, probeContract } from './backend/probe-contract.ts'
export type { DecodeBudget } from './codec/abi-reader.ts'
export { paramsFromAbi, signedStateFromAbi, stateFromAbi, transactionFromAbi } from './codec/from-abi.ts'
export type { Generation, Progress } from './codec/generation.ts'
export { channelId, stateHash } from './codec/hash.ts'
export { phaseFromNumber } from './codec/phase.ts'
export {
  type AbiParams,
  type AbiSignedState,
  type AbiState,
  type AbiTransaction,
  paramsToAbi,
  signedStateToAbi,
  stateToAbi,
  transactionToAbi,
} from './codec/to-abi.ts'
export { v1 } from './codec/v1.ts'
export { channelUpdateTopic, v1Abi } from './codec/v1-abi.ts'
export {
  type RegisteredStatesDeps,
  type RegisteredStatesOptions,
  registeredStates,
} from './registered-states/registered-states.ts'
export type { Address, EvmClient, EvmSigner, RpcRefusal, UnsignedTransaction } from './rpc/evm-client.ts'
export { type Header, parseAddress, parseBlock, parseQuantity, refusalOf, toQuantity } from './rpc/parse-rpc.ts'
export { chainUnreachable, rpcRefused, withoutSecrets } from './rpc/rpc-errors.ts'
export { type LowBalance, usualGas } from './transactions/fees/balance-watch.ts'
export type { FeeLimits } from './transactions/fees/fee-policy.ts'
export { channelBackend } from './verify/channel-backend.ts'
export { type EngineName, signatureEngine } from './verify/signer-recovery-engine.ts'
export { isCanonicalSignature, verifySignedState } from './verify/verify-signed-state.ts'
