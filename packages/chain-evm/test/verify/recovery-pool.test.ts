import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Logger, silentLogger } from '@perun-watcher/core'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { channelBackend } from '../../src/index.ts'
import { type KeyRecovery, keysOf, type SignatureQuestion } from '../../src/verify/key-recovery.ts'
import { javascriptEngine, type RecoveryEngine } from '../../src/verify/recovery-engine.ts'
import { keyRecovery, recoveryPool } from '../../src/verify/recovery-pool.ts'
import { l1, sampleKeyBytes } from '../codec/samples.ts'
import { signAll } from '../codec/sign.ts'

const open: KeyRecovery[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((pool) => pool.close()))
})

function pool(
  count: number,
  options: { program?: string; engine?: RecoveryEngine; logger?: Logger } = {},
): KeyRecovery {
  const made = recoveryPool({ count, engine: javascriptEngine, logger: silentLogger, ...options })
  open.push(made)
  return made
}

/** Never asked where all goes well. */
const idleEngine: RecoveryEngine = {
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
        expect(answers).toEqual(jobs.map((questions) => keysOf(questions, javascriptEngine)))
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

  it('leave their work to the main thread when they fail, and say so', async () => {
    const errors: string[] = []
    const logger = { ...silentLogger, error: (message: string) => void errors.push(message) }
    const failing = "require('node:worker_threads').parentPort.once('message', () => { throw new Error('broken') })"
    const threads = pool(2, { program: failing, logger })
    const questions = fc.sample(question, 300)
    const answers = await Promise.all(questions.map((each) => threads.recover([each])))
    expect(answers).toEqual(questions.map((each) => keysOf([each], javascriptEngine)))
    expect(errors).toEqual(Array(2).fill('Signature thread failed; its work is done on the main thread'))
    // Also what comes after the last of them is gone.
    expect(await threads.recover(questions)).toEqual(keysOf(questions, javascriptEngine))
  })

  it('are not needed any more once they are closed', async () => {
    const threads = pool(1)
    const questions = fc.sample(question, 50)
    const answer = threads.recover(questions)
    await threads.close()
    await threads.close()
    expect(await answer).toEqual(keysOf(questions, javascriptEngine))
    expect(await threads.recover(questions)).toEqual(keysOf(questions, javascriptEngine))
  })

  it('are none where there shall be none', async () => {
    const here = keyRecovery(0, silentLogger)
    const questions = fc.sample(question, 3)
    expect(await here.recover(questions)).toEqual(keysOf(questions, javascriptEngine))
    await here.close()
  })

  it('let a program end, and not before their answers', async () => {
    const program = fileURLToPath(new URL('./recovery-program.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program])
    expect(stdout).toBe('one\ntwo\n')
  })
})
