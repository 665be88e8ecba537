import type { OnChainRecord } from '../../src/index.ts'
import { type ModelDispute, modelAdjudicator, modelCrypto } from '../../src/testing/index.ts'

/** The contract, written independently of the rules under test. */
export const contract = modelAdjudicator(modelCrypto)

/** What a ledger tells of a dispute. */
export function recordOf(dispute: ModelDispute | undefined, blockNumber: bigint): OnChainRecord | undefined {
  if (dispute === undefined) return undefined
  const { version, phase, timeout, stateHash } = dispute
  return { version, phase, timeout, stateHash, blockNumber }
}
