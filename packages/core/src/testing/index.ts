/**
 * The adjudicator in memory, for tests: its rules word for word, stand-ins for hashes and signatures, and a ledger in
 * which the test makes every block. No part of the watcher uses it.
 *
 * @packageDocumentation
 */
export { describeEvent } from './describe-event.ts'
export { modelAdjudicator } from './model-adjudicator.ts'
export { concludes, concludesFinal, type ModelCall, modelRecord, progresses, registers } from './model-calls.ts'
export {
  type ModelChain,
  type ModelChainFaults,
  type ModelChainOptions,
  type ModelMineOptions,
  type ModelSentCall,
  modelChain,
} from './model-chain.ts'
export {
  modelBackend,
  modelChannelId,
  modelCrypto,
  modelLimits,
  modelSignature,
  modelSigned,
  modelStateHash,
} from './model-crypto.ts'
export { ModelRevert } from './model-revert.ts'
export type {
  ModelAdjudicator,
  ModelContracts,
  ModelCrypto,
  ModelDispute,
  ModelDisputes,
  ModelMove,
  ModelPayout,
  ModelResult,
  ModelStateOf,
  ModelUpdate,
} from './model-types.ts'
export { type TestChannel, type TestChannelOptions, testChannel } from './test-channel.ts'
