/**
 * The adjudicator in memory, for tests: its rules word for word, and stand-ins for hashes and signatures. No part of the
 * watcher uses it.
 *
 * @packageDocumentation
 */
export { modelAdjudicator } from './model-adjudicator.ts'
export {
  modelBackend,
  modelChannelId,
  modelCrypto,
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
