import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '@perun-watcher/harness-kit/temporary-folder'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runSample, type SampleOptions } from '../src/sample.ts'
import { runTests } from '../src/test-run.ts'

const repository = fileURLToPath(new URL('../../../', import.meta.url))
const folder = temporaryFolder('mutation-test')
afterAll(() => folder[Symbol.dispose]())

const source = `export function isWithin(value: number, most: number): boolean {
  return value <= most
}

export function nameOf(person: { readonly name?: string }): string {
  return person.name ?? 'nobody'
}
`

/** Does not look at what is exactly at the limit. */
const weakTest = `import { expect, it } from 'vitest'
import { isWithin, nameOf } from '../src/limit.ts'

it('is within', () => {
  expect([isWithin(1, 2), isWithin(3, 2)]).toEqual([true, false])
})
it('has a name', () => {
  expect([nameOf({}), nameOf({ name: 'Ada' })]).toEqual(['nobody', 'Ada'])
})
`

const brokenTest = `import { expect, it } from 'vitest'
it('fails whatever the source is', () => {
  expect(1).toBe(2)
})
`

/** A repository in miniature, with one package. */
function write(path: string, text: string): void {
  const file = join(folder.path, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

beforeAll(() => {
  write('package.json', '{ "type": "module" }')
  write('tsconfig.json', '{ "extends": "./tsconfig.base.json", "include": ["packages"] }')
  cpSync(join(repository, 'tsconfig.base.json'), join(folder.path, 'tsconfig.base.json'))
  write('vitest.config.ts', "export default { test: { include: ['packages/*/test/**/*.test.ts'] } }\n")
  write('packages/tiny/package.json', '{ "type": "module" }')
  write('packages/tiny/src/limit.ts', source)
  write('packages/tiny/test/limit.test.ts', weakTest)
  write('packages/tiny/test/broken.test.ts', brokenTest)
  mkdirSync(join(folder.path, 'node_modules'))
  for (const name of readdirSync(join(repository, 'node_modules'))) {
    symlinkSync(join(repository, 'node_modules', name), join(folder.path, 'node_modules', name))
  }
})

const all: SampleOptions = {
  root: folder.path,
  packages: ['tiny'],
  seed: 1,
  count: 100,
  jobs: 2,
  onProgress: () => {},
}

describe('all mutations of a tiny package with one weak test', { timeout: 600_000 }, () => {
  it('are caught but for the one that the test does not look at, which can be tried again alone', async () => {
    const result = await runSample(all)
    const survivor = {
      number: expect.any(Number),
      file: 'packages/tiny/src/limit.ts',
      line: 2,
      before: 'return value <= most',
      after: 'return value < most',
      kind: 'comparison relaxed',
    }
    expect(result).toEqual({
      points: 4,
      drawn: 4,
      caught: 3,
      byTypes: 1,
      timeouts: 0,
      survivors: [survivor],
      failingTests: ['packages/tiny/test/broken.test.ts'],
    })
    const again = await runSample({ ...all, only: result.survivors[0]?.number })
    expect(again).toMatchObject({ points: 4, drawn: 1, caught: 0, survivors: result.survivors })
    // Nothing was changed but copies.
    expect(readFileSync(join(folder.path, 'packages/tiny/src/limit.ts'), 'utf8')).toBe(source)
  })
})

describe('a run of tests', { timeout: 600_000 }, () => {
  const run = (name: string, idleMs = 300_000) => {
    const files = [`packages/tiny/test/${name}.test.ts`]
    return runTests({ root: folder.path, files, stopsAtFailure: true, idleMs })
  }

  it('that does not end is ended', async () => {
    write('packages/tiny/test/hang.test.ts', "import { it } from 'vitest'\nit('hangs', () => { for (;;); })\n")
    const { outcome, failed } = await run('hang', 5_000)
    expect(outcome).toBe('timeout')
    // On a busy machine it is ended before the file has begun.
    expect(failed.filter((file) => file !== 'packages/tiny/test/hang.test.ts')).toEqual([])
  })

  it('fails also by an error that belongs to no test', async () => {
    const text = "import { it } from 'vitest'\nit('is fine', () => { void Promise.reject(new Error('unheard')) })\n"
    write('packages/tiny/test/unheard.test.ts', text)
    expect(await run('unheard')).toMatchObject({ outcome: 'failed', failed: [] })
  })

  it('passes, and names the files that fail', async () => {
    expect(await run('limit')).toMatchObject({ outcome: 'passed', failed: [] })
    expect(await run('broken')).toMatchObject({ outcome: 'failed', failed: ['packages/tiny/test/broken.test.ts'] })
  })
})
