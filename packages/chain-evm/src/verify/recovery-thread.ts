/** Bytes of a question: 32 of the digest, 64 of r and s, and the parity of the key's y. */
export const questionBytes = 97

/** Bytes of an answer: the public key with its leading 4; all zero where no key can have made the signature. */
export const answerBytes = 65

/**
 * What a recovery thread runs. As text, because a thread needs a program of its own, and where a bundler or a test runner
 * would put a second file nobody can know here.
 *
 * `workerData` is the path of libsecp256k1's bindings. Each message is some questions in a row, and is answered by as many
 * answers.
 */
export const recoveryThread = `
const { parentPort, workerData } = require('node:worker_threads')
const { ecdsaRecover } = require(workerData)

function recover(question, answer) {
  try {
    answer.set(ecdsaRecover(question.subarray(32, 96), question[96], question.subarray(0, 32), false))
  } catch {
    // No key can have made it: the answer stays empty.
  }
}

parentPort.on('message', (questions) => {
  const count = questions.length / ${questionBytes}
  const answers = new Uint8Array(count * ${answerBytes})
  for (let index = 0; index < count; index++) {
    const question = questions.subarray(index * ${questionBytes}, (index + 1) * ${questionBytes})
    recover(question, answers.subarray(index * ${answerBytes}, (index + 1) * ${answerBytes}))
  }
  parentPort.postMessage(answers, [answers.buffer])
})
`
