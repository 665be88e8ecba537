import type { Clock, Logger } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import { timeLimit } from '@perun-watcher/core/internal'
import { recoverKeys } from './inline-signer-recovery.ts'
import type { RecoveredKeys, SignatureQuestion, SignerRecovery } from './signature-question.ts'
import type { SignerRecoveryEngine } from './signer-recovery-engine.ts'
import {
  answerBytes,
  questionBytes,
  type SignerRecoveryThread,
  signerRecoveryProgram,
  signerRecoveryThread,
} from './signer-recovery-thread.ts'

interface RecoveryRequest {
  readonly questions: readonly SignatureQuestion[]
  readonly resolve: (keys: RecoveredKeys) => void
}

/** Batches that a thread is given ahead, so that it need not wait for the main thread, however busy that is. */
const batchesAtOnce = 4
/** Most questions of a batch under load, about 10 ms of work. A single question is sent at once, by itself. */
const questionsAtOnce = 128
/** A thread that takes longer to answer counts as failed. */
const timeoutMs = 10_000

export interface SignerRecoveryPoolOptions {
  /** How many threads. They start with the first question. */
  readonly count: number
  /** Does the work of threads that failed. */
  readonly engine: SignerRecoveryEngine
  readonly clock: Clock
  readonly logger: Logger
  /** For tests. */
  readonly program?: string | undefined
}

/**
 * Checking a signature takes longer than everything else that a published state needs. On other threads it holds up
 * nothing: no dispute, no other client. A thread that fails is not replaced; without any left, the caller's thread does the
 * work.
 */
export function signerRecoveryPool(options: SignerRecoveryPoolOptions): SignerRecovery {
  const { count, engine, clock, logger, program = signerRecoveryProgram } = options
  const limit = timeLimit(clock, timeoutMs)
  const waiting: RecoveryRequest[] = []
  const threads = new Set<SignerRecoveryThread>()
  let hasBegun = false

  function begin(): void {
    if (hasBegun) return
    hasBegun = true
    for (let number = 0; number < count; number++) {
      try {
        threads.add(signerRecoveryThread(program))
      } catch (error) {
        report(toError(error))
      }
    }
  }

  function report(error: Error): void {
    const fields = { threadsLeft: threads.size }
    logger.error('A thread that checks signatures failed; others or the main thread do its work', fields, error)
  }

  function dismiss(thread: SignerRecoveryThread, error: Error): void {
    if (!threads.delete(thread)) return
    report(error)
    void thread.end(error)
  }

  /** With a time limit: a thread that hangs in native code does not end. */
  async function endInTime(thread: SignerRecoveryThread): Promise<void> {
    const ending = (): Promise<void> => thread.end(new Error('It is not needed any more.'))
    await limit.run(ending, () => new Error(`It did not end within ${timeoutMs} ms.`)).catch(report)
  }

  function workInline(jobs: readonly RecoveryRequest[]): void {
    for (const { questions, resolve } of jobs) resolve(recoverKeys(questions, engine))
  }

  async function work(thread: SignerRecoveryThread, batch: readonly RecoveryRequest[]): Promise<void> {
    try {
      const asking = (): Promise<Uint8Array> => thread.ask(encodeQuestions(batch))
      answer(batch, await limit.run(asking, () => new Error(`It did not answer within ${timeoutMs} ms.`)))
    } catch (error) {
      dismiss(thread, toError(error))
      workInline(batch)
    }
    distribute()
  }

  function distribute(): void {
    if (threads.size === 0) workInline(waiting.splice(0))
    // One batch for each thread before any gets a second one.
    for (let load = 0; load < batchesAtOnce; load++) {
      for (const thread of threads) {
        if (waiting.length > 0 && thread.asked <= load) void work(thread, takeBatch(waiting))
      }
    }
  }

  return {
    recover: (questions) =>
      new Promise((resolve) => {
        begin()
        waiting.push({ questions, resolve })
        distribute()
      }),
    async close() {
      hasBegun = true
      const ended = [...threads]
      threads.clear()
      await Promise.all(ended.map(endInTime))
    },
  }
}

function takeBatch(waiting: RecoveryRequest[]): readonly RecoveryRequest[] {
  let [end, questions] = [0, 0]
  while (end < waiting.length && (end === 0 || questions < questionsAtOnce)) {
    questions += waiting[end]?.questions.length ?? 0
    end += 1
  }
  return waiting.splice(0, end)
}

function encodeQuestions(batch: readonly RecoveryRequest[]): Uint8Array<ArrayBuffer> {
  const count = batch.reduce((sum, { questions }) => sum + questions.length, 0)
  const message = new Uint8Array(count * questionBytes)
  let at = 0
  for (const { questions } of batch) {
    for (const { digest, rs, yParity } of questions) {
      message.set(digest, at)
      message.set(rs, at + 32)
      message[at + 96] = yParity
      at += questionBytes
    }
  }
  return message
}

function answer(batch: readonly RecoveryRequest[], answers: Uint8Array): void {
  let at = 0
  for (const { questions, resolve } of batch) {
    const keys = questions.map(() => {
      const start = at
      at += answerBytes
      return answers[start] === uncompressed ? answers.subarray(start + 1, at) : undefined
    })
    resolve(keys)
  }
}

/** How a public key of {@link answerBytes} begins, before its 64 bytes. */
const uncompressed = 4
