/**
 * The adjudicator in memory, for tests: its rules word for word, and stand-ins for hashes and signatures. No part of the
 * watcher uses it.
 *
 * @packageDocumentation
 */
export {
  type ModelAdjudicator,
  type ModelCrypto,
  type ModelDispute,
  type ModelDisputes,
  type ModelMove,
  type ModelResult,
  type ModelStateOf,
  type ModelUpdate,
  modelAdjudicator,
} from './model-adjudicator.ts'
export {
  modelBackend,
  modelChannelId,
  modelCrypto,
  modelSignature,
  modelSigned,
  modelStateHash,
} from './model-crypto.ts'
export { ModelRevert } from './model-revert.ts'
