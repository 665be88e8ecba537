import { modelAdjudicator, modelCrypto } from '../../src/testing/index.ts'

/** The contract, written independently of the rules under test. */
export const contract = modelAdjudicator(modelCrypto)
