import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testsOf } from '../lib/changes.mjs'
import { root } from '../lib/root.mjs'

const filters = (changed: string[]): string[] | undefined =>
  testsOf(changed, 'abc')?.filter((argument) => !argument.startsWith('--'))

describe('the tests of what changed', () => {
  it('are those of the packages in which it lies, each once', () => {
    const changed = ['packages/core/src/a.ts', 'packages/core/test/b.ts', 'apps/daemon/README.md', 'tools/x.mjs']
    expect(filters(changed)).toEqual(['packages/core/', 'apps/daemon/', 'tools/'])
  })

  it('are none where no package changed', () => {
    expect(testsOf(['README.md', 'docs/a.md', 'packages/README.md'], 'abc')).toBeUndefined()
    expect(testsOf([], 'abc')).toBeUndefined()
  })

  it('leave out what takes long, and what the change cannot touch', () => {
    expect(testsOf(['packages/core/src/a.ts'], 'abc')).toEqual(
      expect.arrayContaining(['--changed=abc', "--exclude='**/*.e2e.test.ts'"]),
    )
  })

  it('leave it out by what vitest makes of the arguments, too', () => {
    const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
    const excludes = (testsOf(['packages/chain-evm/src/a.ts'], 'abc') ?? []).filter((each) => /^--exclude/.test(each))
    const unquoted = excludes.map((argument) => argument.replaceAll("'", ''))
    const listed = execFileSync(process.execPath, [vitest, 'list', '--filesOnly', 'packages/chain-evm/', ...unquoted], {
      cwd: root,
      encoding: 'utf8',
    })
    expect(listed).toContain('packages/chain-evm/test/')
    expect(listed).not.toContain('.e2e.test.ts')
  })
})
