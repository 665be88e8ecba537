import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Logger } from '@perun-watcher/core'
import { silentLogger } from '@perun-watcher/core/adapter'
import { systemClock } from '@perun-watcher/core/system'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { channelBackend } from '../../src/verify/channel-backend.ts'
import { recoverKeys } from '../../src/verify/inline-signer-recovery.ts'
import type { SignatureQuestion, SignerRecovery } from '../../src/verify/signature-question.ts'
import { signerRecovery } from '../../src/verify/signer-recovery.ts'
import { javascriptEngine, type SignerRecoveryEngine } from '../../src/verify/signer-recovery-engine.ts'
import { type SignerRecoveryPoolOptions, signerRecoveryPool } from '../../src/verify/signer-recovery-pool.ts'
import { l1, sampleKeyBytes } from '../codec/samples.ts'
import { signAll } from '../codec/sign.ts'
import { manualClock } from '../support/clocks.ts'

const open: SignerRecovery[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((pool) => pool.close()))
})

function pool(count: number, options: Partial<SignerRecoveryPoolOptions> = {}): SignerRecovery {
  const made = signerRecoveryPool({
    count,
    engine: javascriptEngine,
    clock: systemClock,
    logger: silentLogger,
    ...options,
  })
  open.push(made)
  return made
}

/** A program that does this with each message. */
const onMessage = (body: string): string =>
  `const { parentPort } = require('node:worker_threads'); parentPort.on('message', ({ number, questions }) => { ${body} })`

function recorder(): { readonly logger: Logger; readonly errors: unknown[] } {
  const errors: unknown[] = []
  return { errors, logger: { ...silentLogger, error: (_, fields) => void errors.push(fields) } }
}

/** Never asked where all goes well. */
const idleEngine: SignerRecoveryEngine = {
  name: 'javascript',
  recover() {
    throw new Error('The main thread was asked.')
  },
}

const question: fc.Arbitrary<SignatureQuestion> = fc.record({
  digest: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  rs: fc.oneof(
    { weight: 4, arbitrary: fc.uint8Array({ minLength: 64, maxLength: 64 }) },
    { weight: 1, arbitrary: fc.constantFrom(new Uint8Array(64), new Uint8Array(64).fill(255)) },
  ),
  yParity: fc.constantFrom<0 | 1>(0, 1),
  canonical: fc.boolean(),
})

describe('threads that recover keys', () => {
  it('find what the main thread finds, for whoever asked', async () => {
    const threads = pool(2, { engine: idleEngine })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(question, { maxLength: 4 }), { maxLength: 40 }), async (jobs) => {
        const answers = await Promise.all(jobs.map((questions) => threads.recover(questions)))
        expect(answers).toEqual(jobs.map((questions) => recoverKeys(questions, javascriptEngine)))
      }),
      { numRuns: 20 },
    )
  })

  it('verify states for the channel backend', async () => {
    const { verify } = channelBackend(undefined, pool(1, { engine: idleEngine }))
    const signed = signAll(sampleKeyBytes, l1.params, l1.state)
    expect(await verify(signed)).toEqual({ state: signed.state, sigs: signed.sigs, hash: l1.stateHash })
    const swapped = { ...signed, sigs: [...signed.sigs].reverse() }
    await expect(verify(swapped)).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' })
    await expect(verify({ ...signed, sigs: [] })).rejects.toMatchObject({ code: 'SIGNATURE_COUNT' })
  })

  it.each([
    ['throw', onMessage("throw new Error('broken')")],
    ['end', onMessage('process.exit()')],
    ['cannot begin', "throw new Error('no library')"],
    ['answer nonsense', onMessage('parentPort.postMessage(undefined)')],
    ['answer what was not asked', onMessage('parentPort.postMessage({ number: 0, answers: new Uint8Array(65) })')],
    ['answer too little', onMessage('parentPort.postMessage({ number, answers: new Uint8Array(10) })')],
    ['answer too much', onMessage('parentPort.postMessage({ number, answers: new Uint8Array(9_999) })')],
  ])('leave their work to others when they %s, and that is told', async (_, program) => {
    const { logger, errors } = recorder()
    const threads = pool(2, { program, logger })
    const questions = fc.sample(question, 20)
    const answers = await Promise.all(questions.map((each) => threads.recover([each])))
    expect(answers).toEqual(questions.map((each) => recoverKeys([each], javascriptEngine)))
    expect(errors).toEqual([{ threadsLeft: 1 }, { threadsLeft: 0 }])
    // Also what comes after the last of them is gone.
    expect(await threads.recover(questions)).toEqual(recoverKeys(questions, javascriptEngine))
  })

  it('are given up when they do not answer', async () => {
    const { logger, errors } = recorder()
    const clock = manualClock()
    const threads = pool(1, { program: onMessage(''), logger, clock })
    const questions = fc.sample(question, 3)
    const answer = threads.recover(questions)
    clock.advance(10_000)
    expect(await answer).toEqual(recoverKeys(questions, javascriptEngine))
    expect(errors).toEqual([{ threadsLeft: 0 }])
  })

  it('are not needed any more once they are closed', async () => {
    const threads = pool(1)
    const questions = fc.sample(question, 50)
    const answer = threads.recover(questions)
    await threads.close()
    await threads.close()
    expect(await answer).toEqual(recoverKeys(questions, javascriptEngine))
    expect(await threads.recover(questions)).toEqual(recoverKeys(questions, javascriptEngine))
  })

  it.each([
    [0, true],
    [1, false],
  ])('are as many as there shall be: with %i the main thread answers at once: %s', async (count, isAtOnce) => {
    const recovery = signerRecovery(count, systemClock, silentLogger)
    open.push(recovery)
    const questions = fc.sample(question, 3)
    const answer = recovery.recover(questions)
    const later = new Promise<'later'>((resolve) => setImmediate(resolve, 'later'))
    expect((await Promise.race([answer, later])) !== 'later').toBe(isAtOnce)
    expect(await answer).toEqual(recoverKeys(questions, javascriptEngine))
  })

  it('let a program end, and not before their answers', async () => {
    const program = fileURLToPath(new URL('./signer-recovery-program.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program])
    expect(stdout).toBe('one\ntwo\n')
  })
})
