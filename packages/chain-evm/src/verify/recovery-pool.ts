import { type Clock, type Logger, timeLimit, toError } from '@perun-watcher/core'
import { type KeyRecovery, keysOf, type RecoveredKeys, recoveryHere, type SignatureQuestion } from './key-recovery.ts'
import { type RecoveryEngine, recoveryEngine } from './recovery-engine.ts'
import { answerBytes, questionBytes, type RecoveryThread, recoveryProgram, recoveryThread } from './recovery-thread.ts'

interface Job {
  readonly questions: readonly SignatureQuestion[]
  readonly resolve: (keys: RecoveredKeys) => void
}

/** One is worked on while others wait beside it, so that the thread need not wait for us, however busy we are. */
const batchesAtOnce = 4
/** A thread's share of a crowd, about 10 ms: what comes alone is sent alone, at once. */
const questionsAtOnce = 128
/** A thread that has not answered after so long counts as failed. */
const patienceMs = 10_000

export interface RecoveryPoolOptions {
  /** How many threads. They begin with the first question. */
  readonly count: number
  /** Does the work of threads that failed. */
  readonly engine: RecoveryEngine
  readonly clock: Clock
  readonly logger: Logger
  /** For tests. */
  readonly program?: string | undefined
}

/**
 * Checking a signature takes longer than everything else that a published state needs. Done elsewhere, it keeps nobody
 * waiting: no dispute, no other client. A thread that fails is not replaced; without any the work is done here.
 */
export function recoveryPool(options: RecoveryPoolOptions): KeyRecovery {
  const { count, engine, clock, logger, program = recoveryProgram } = options
  const limit = timeLimit(clock, patienceMs)
  const waiting: Job[] = []
  const threads = new Set<RecoveryThread>()
  let hasBegun = false

  function begin(): void {
    if (hasBegun) return
    hasBegun = true
    for (let number = 0; number < count; number++) {
      try {
        threads.add(recoveryThread(program))
      } catch (error) {
        report(toError(error))
      }
    }
  }

  function report(error: Error): void {
    const fields = { threadsLeft: threads.size }
    logger.error('A thread that checks signatures failed; others or the main thread do its work', fields, error)
  }

  function dismiss(thread: RecoveryThread, error: Error): void {
    if (!threads.delete(thread)) return
    report(error)
    void thread.end(error)
  }

  /** One that hangs in native code does not end. */
  async function endInTime(thread: RecoveryThread): Promise<void> {
    const ending = (): Promise<void> => thread.end(new Error('It is not needed any more.'))
    await limit.run(ending, () => new Error(`It did not end within ${patienceMs} ms.`)).catch(report)
  }

  function doHere(jobs: readonly Job[]): void {
    for (const { questions, resolve } of jobs) resolve(keysOf(questions, engine))
  }

  async function work(thread: RecoveryThread, batch: readonly Job[]): Promise<void> {
    try {
      const asking = (): Promise<Uint8Array> => thread.ask(encodeQuestions(batch))
      answer(batch, await limit.run(asking, () => new Error(`It did not answer within ${patienceMs} ms.`)))
    } catch (error) {
      dismiss(thread, toError(error))
      doHere(batch)
    }
    distribute()
  }

  function distribute(): void {
    if (threads.size === 0) doHere(waiting.splice(0))
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

/** @param threads - how many there are to be beside the main one; none without the native engine. */
export function keyRecovery(threads: number, clock: Clock, logger: Logger): KeyRecovery {
  // Before the engine is looked for, which loads a library: without threads the first question does that.
  if (threads === 0) return recoveryHere()
  const engine = recoveryEngine()
  return engine.name === 'native' ? recoveryPool({ count: threads, engine, clock, logger }) : recoveryHere()
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

function answer(batch: readonly Job[], answers: Uint8Array): void {
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
