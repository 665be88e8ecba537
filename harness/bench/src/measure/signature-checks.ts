import { Worker } from 'node:worker_threads'
import { stateHash } from '@perun-watcher/chain-evm/internal'
import type { SignedState } from '@perun-watcher/core'
import secp256k1 from 'secp256k1'
import { digestOf } from '../world/party.ts'

/** The bare work of one signature check, ready to be done: no hashing, no text. */
interface Check {
  readonly digest: Uint8Array
  readonly rs: Uint8Array
  readonly recoveryId: number
}

/** What a thread is asked to do. */
export interface CheckTask {
  readonly checks: readonly Check[]
}

export function checksOf(states: readonly SignedState[]): readonly Check[] {
  return states.flatMap(({ state, sigs }) => {
    const digest = digestOf(stateHash(state))
    return sigs.map((signature) => {
      const bytes = Buffer.from(signature.slice(2), 'hex')
      return { digest, rs: Uint8Array.from(bytes.subarray(0, 64)), recoveryId: (bytes[64] ?? 0) - 27 }
    })
  })
}

/** Native signature checks and nothing else. @returns seconds */
export function runChecks(checks: readonly Check[]): number {
  const began = performance.now()
  for (const { digest, rs, recoveryId } of checks) secp256k1.ecdsaRecover(rs, recoveryId, digest, false)
  return (performance.now() - began) / 1_000
}

/** Threads that do the same checks side by side, ready before the first of them begins. */
export interface CheckThreads extends AsyncDisposable {
  /** Resolves when the last one is done. */
  run(): Promise<void>
}

export async function checkThreads(checks: readonly Check[], threads: number): Promise<CheckThreads> {
  const task: CheckTask = { checks }
  // The same script: `main.ts` knows by its thread that it is to check.
  const workers = Array.from({ length: threads }, () => new Worker(process.argv[1] ?? '', { workerData: task }))
  await Promise.all(workers.map(answerOf))
  return {
    async run() {
      const answers = workers.map(answerOf)
      for (const worker of workers) worker.postMessage('go')
      await Promise.all(answers)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}

function answerOf(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(error)
    worker.once('error', onError)
    worker.once('message', () => {
      worker.off('error', onError)
      resolve()
    })
  })
}
