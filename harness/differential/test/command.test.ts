import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { perunBytecode } from '@perun-watcher/real'
import { expect, test } from 'vitest'
import { differentialArguments } from '../src/cli/arguments.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
/** A folder without Go in it, nor anything else that runs. */
const noPrograms = fileURLToPath(new URL('.', import.meta.url))
const program = 'harness/differential/src/cli/differential.ts'

interface Ended {
  readonly code: number
  readonly summary: unknown
  readonly words: string
}

/** @param surroundings - what of the environment is different */
async function differential(args: readonly string[], surroundings: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const ended = await promisify(execFile)(process.execPath, ['--import', 'tsx', program, '--json', ...args], {
    cwd: root,
    env: { ...process.env, ...surroundings },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  )
  const summary = ended.stdout === '' ? undefined : JSON.parse(ended.stdout.trimEnd().split('\n').at(-1) ?? '')
  return { code: ended.code, summary, words: ended.stderr }
}

test("where Perun's own contracts are asked for and missing, it fails and says why", async () => {
  const { code, summary, words } = await differential(['--contract', 'real'], { PATH: noPrograms })
  expect(code).toBe(1)
  expect(summary).toMatchObject({ sequences: 0, differences: 0, real: 'skipped: Go is not installed' })
  expect(words).toContain('Go is not installed')
})

test('where they are, they are compared', async ({ skip }) => {
  const bytecode = await perunBytecode()
  if ('missing' in bytecode) return skip(bytecode.missing)
  const { code, summary } = await differential(['--contract', 'real', '--only', '3'])
  expect(code).toBe(0)
  expect(summary).toMatchObject({ sequences: 1, differences: 0, real: 'compared', sides: ['model', 'devnet', 'real'] })
})

test('other contracts are unknown', () => {
  expect(() => differentialArguments(['--contract', 'mine'])).toThrow(/--contract/)
})
