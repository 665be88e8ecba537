import { Worker } from 'node:worker_threads'
import { nativeLibraryPath } from './signer-recovery-engine.ts'

/** Bytes of a question: 32 of the digest, 64 of r and s, and the parity of the key's y. */
export const questionBytes = 97

/** Bytes of an answer: the public key with its leading 4; all zero where no key can have made the signature. */
export const answerBytes = 65

/**
 * What a recovery thread runs. As text, because a thread needs a program of its own, and where a bundler or a test runner
 * would put a second file nobody can know here.
 *
 * `workerData` is the path of libsecp256k1's bindings. Each message is a number and some questions in a row, and is
 * answered by the same number and as many answers.
 */
export const signerRecoveryProgram = `
const { parentPort, workerData } = require('node:worker_threads')
const { ecdsaRecover } = require(workerData)

function recover(question, answer) {
  try {
    ecdsaRecover(question.subarray(32, 96), question[96], question.subarray(0, 32), false, answer)
  } catch {
    // No key can have made it: the answer stays empty.
  }
}

parentPort.on('message', ({ number, questions }) => {
  const count = questions.length / ${questionBytes}
  const answers = new Uint8Array(count * ${answerBytes})
  for (let index = 0; index < count; index++) {
    const question = questions.subarray(index * ${questionBytes}, (index + 1) * ${questionBytes})
    recover(question, answers.subarray(index * ${answerBytes}, (index + 1) * ${answerBytes}))
  }
  parentPort.postMessage({ number, answers }, [answers.buffer])
})
`

/** A thread that recovers keys. It keeps the process alive only while it is asked something. */
export interface SignerRecoveryThread {
  /** How many calls of `ask` wait for their answer. */
  readonly asked: number
  /**
   * @param questions - of {@link questionBytes} each; handed over, so not to be used again
   * @returns answers of {@link answerBytes} each
   * @throws Error once the thread has failed or was ended.
   */
  ask(questions: Uint8Array<ArrayBuffer>): Promise<Uint8Array>
  /** All that waits is rejected. */
  end(reason: Error): Promise<void>
}

interface Asked {
  readonly answerLength: number
  readonly resolve: (answers: Uint8Array) => void
  readonly reject: (error: Error) => void
}

/** @throws Error if the machine has no room for a thread. */
export function signerRecoveryThread(program: string): SignerRecoveryThread {
  // Of the options of this process some would keep the program from running.
  const worker = new Worker(program, { eval: true, workerData: nativeLibraryPath(), execArgv: [] })
  const asked = new Map<number, Asked>()
  let count = 0
  let failure: Error | undefined

  function fail(error: Error): void {
    failure ??= error
    for (const { reject } of asked.values()) reject(failure)
    asked.clear()
  }

  async function end(reason: Error): Promise<void> {
    fail(reason)
    await worker.terminate()
  }

  worker.on('message', (message: unknown) => {
    const answer = parseAnswer(message)
    const question = answer && asked.get(answer.number)
    if (answer === undefined || question?.answerLength !== answer.answers.length) {
      void end(new Error('It gave an answer that fits no question.'))
      return
    }
    asked.delete(answer.number)
    if (asked.size === 0) worker.unref()
    question.resolve(answer.answers)
  })
  worker.on('messageerror', (error) => void end(error))
  worker.on('error', fail)
  worker.on('exit', (code) => fail(new Error(`It ended with code ${code}.`)))
  worker.unref()

  return {
    get asked() {
      return asked.size
    },
    ask: (questions) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) throw failure
        count += 1
        const answerLength = (questions.length / questionBytes) * answerBytes
        worker.postMessage({ number: count, questions }, [questions.buffer])
        worker.ref()
        asked.set(count, { answerLength, resolve, reject })
      }),
    end,
  }
}

function parseAnswer(message: unknown): { readonly number: number; readonly answers: Uint8Array } | undefined {
  if (typeof message !== 'object' || message === null) return undefined
  if (!('number' in message) || !('answers' in message)) return undefined
  const { number, answers } = message
  return typeof number === 'number' && answers instanceof Uint8Array ? { number, answers } : undefined
}
