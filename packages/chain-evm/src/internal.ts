/**
 * For the other packages of perun-watcher only. Anything here may change or go in any release, without notice.
 *
 * @packageDocumentation
 */

export { type ProbeRequest, probeContract } from './backend/probe-contract.ts'
export { paramsFromAbi, stateFromAbi } from './codec/from-abi.ts'
export type { Generation } from './codec/generation.ts'
export { channelId, stateHash } from './codec/hash.ts'
export { phaseFromNumber } from './codec/phase.ts'
export { type AbiState, paramsToAbi, stateToAbi } from './codec/to-abi.ts'
export { v1 } from './codec/v1.ts'
export { channelUpdateTopic } from './codec/v1-abi.ts'
export { rangeSize } from './logs/range-size.ts'
export { endpointName } from './rpc/failover/endpoint.ts'
export { type Header, parseBlock, parseQuantity, refusalOf, toQuantity } from './rpc/parse-rpc.ts'
export { withoutSecrets } from './rpc/rpc-errors.ts'
export { type RpcFailure, rpcFailure } from './rpc/rpc-failure.ts'
export { secretRemover, secretsOf } from './rpc/url-secrets.ts'
export { withRequestTimeout } from './rpc/with-request-timeout.ts'
export { usualGas } from './transactions/fees/balance-watch.ts'
export { verifySignedState } from './verify/verify-signed-state.ts'
