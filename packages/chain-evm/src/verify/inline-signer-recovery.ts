import type { RecoveredKeys, SignatureQuestion, SignerRecovery } from './signature-question.ts'
import { type SignerRecoveryEngine, signerRecoveryEngine } from './signer-recovery-engine.ts'

export function recoverKeys(questions: readonly SignatureQuestion[], engine: SignerRecoveryEngine): RecoveredKeys {
  return questions.map(({ digest, rs, yParity }) => engine.recover(digest, rs, yParity)?.subarray(1))
}

/** On the thread of the caller, at once. */
export function inlineSignerRecovery(): SignerRecovery {
  return {
    recover: async (questions) => recoverKeys(questions, signerRecoveryEngine()),
    async close() {},
  }
}
