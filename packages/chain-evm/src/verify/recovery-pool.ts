import { Worker } from 'node:worker_threads'
import type { Logger } from '@perun-watcher/core'
import { type KeyRecovery, keysOf, type RecoveredKeys, recoveryHere, type SignatureQuestion } from './key-recovery.ts'
import { nativeLibraryPath, type RecoveryEngine, recoveryEngine } from './recovery-engine.ts'
import { answerBytes, questionBytes, recoveryThread } from './recovery-thread.ts'

interface Job {
  readonly questions: readonly SignatureQuestion[]
  readonly resolve: (keys: RecoveredKeys) => void
}

interface Thread {
  readonly worker: Worker
  /** What it was sent and has not answered, in that order. */
  readonly batches: (readonly Job[])[]
}

/** One is worked on while the next one waits beside it, so that the thread need not wait for us. */
const batchesAtOnce = 2
/** A thread's share of a crowd, about 10 ms: what comes alone is sent alone, at once. */
const questionsAtOnce = 128

export interface RecoveryPoolOptions {
  /** How many threads. */
  readonly count: number
  /** Does the work of threads that failed. */
  readonly engine: RecoveryEngine
  readonly logger: Logger
  /** For tests. */
  readonly program?: string
}

/**
 * Checking a signature takes longer than everything else that a published state needs. Done elsewhere, it keeps nobody
 * waiting: no dispute, no other client.
 */
export function recoveryPool({ count, engine, logger, program = recoveryThread }: RecoveryPoolOptions): KeyRecovery {
  const waiting: Job[] = []
  const threads = new Set<Thread>()

  function byOurselves({ questions, resolve }: Job): void {
    resolve(keysOf(questions, engine))
  }

  function open(): void {
    const worker = new Worker(program, { eval: true, workerData: nativeLibraryPath() })
    const thread: Thread = { worker, batches: [] }
    worker.on('message', (answers: Uint8Array) => {
      settle(thread.batches.shift() ?? [], answers)
      // Only work under way keeps a process alive.
      if (thread.batches.length === 0) worker.unref()
      distribute()
    })
    worker.on('error', (error) => {
      logger.error('Signature thread failed; its work is done on the main thread', { cause: String(error) })
    })
    worker.on('exit', () => {
      threads.delete(thread)
      for (const job of thread.batches.splice(0).flat()) byOurselves(job)
      distribute()
    })
    worker.unref()
    threads.add(thread)
  }

  function send(thread: Thread): void {
    const batch = takeBatch(waiting)
    thread.batches.push(batch)
    const message = encodeQuestions(batch)
    thread.worker.ref()
    thread.worker.postMessage(message, [message.buffer])
  }

  function distribute(): void {
    if (threads.size === 0) for (const job of waiting.splice(0)) byOurselves(job)
    // One batch for each thread before any gets a second one.
    for (let load = 0; load < batchesAtOnce; load++) {
      for (const thread of threads) if (waiting.length > 0 && thread.batches.length <= load) send(thread)
    }
  }

  for (let number = 0; number < count; number++) open()
  return {
    recover: (questions) =>
      new Promise((resolve) => {
        waiting.push({ questions, resolve })
        distribute()
      }),
    async close() {
      await Promise.all([...threads].map(({ worker }) => worker.terminate()))
    },
  }
}

/** @param threads - how many there are to be beside the main one; none without the native engine. */
export function keyRecovery(threads: number, logger: Logger): KeyRecovery {
  const engine = recoveryEngine()
  if (threads === 0 || engine.name !== 'native') return recoveryHere()
  return recoveryPool({ count: threads, engine, logger })
}

function takeBatch(waiting: Job[]): readonly Job[] {
  let [end, questions] = [0, 0]
  while (end < waiting.length && (end === 0 || questions < questionsAtOnce)) {
    questions += waiting[end]?.questions.length ?? 0
    end += 1
  }
  return waiting.splice(0, end)
}

function encodeQuestions(batch: readonly Job[]): Uint8Array<ArrayBuffer> {
  const questions = batch.flatMap((job) => job.questions)
  const message = new Uint8Array(questions.length * questionBytes)
  for (const [index, { digest, rs, yParity }] of questions.entries()) {
    const at = index * questionBytes
    message.set(digest, at)
    message.set(rs, at + 32)
    message[at + 96] = yParity
  }
  return message
}

function settle(batch: readonly Job[], answers: Uint8Array): void {
  let at = 0
  for (const { questions, resolve } of batch) {
    const keys = questions.map(() => {
      const key = answers.subarray(at, at + answerBytes)
      at += answerBytes
      return key[0] === 0 ? undefined : key
    })
    resolve(keys)
  }
}
