import type { Clock, Logger } from '@perun-watcher/core'
import { inlineSignerRecovery } from './inline-signer-recovery.ts'
import type { SignerRecovery } from './signature-question.ts'
import { signerRecoveryEngine } from './signer-recovery-engine.ts'
import { signerRecoveryPool } from './signer-recovery-pool.ts'

/** @param threads - how many to use beside the main one; none without the native engine. */
export function signerRecovery(threads: number, clock: Clock, logger: Logger): SignerRecovery {
  // Before the engine is looked for, which loads a library: without threads the first question does that.
  if (threads === 0) return inlineSignerRecovery()
  const engine = signerRecoveryEngine()
  return engine.name === 'native'
    ? signerRecoveryPool({ count: threads, engine, clock, logger })
    : inlineSignerRecovery()
}
