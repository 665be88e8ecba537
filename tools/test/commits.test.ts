import { execFileSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkCommits } from '../lib/commits.mjs'
import { root } from '../lib/root.mjs'
import { type TemporaryTree, temporaryTree } from './temporary-tree.ts'

const check = (subject: string): string[] => checkCommits([{ id: '0123456789abcdef', subject }])

describe('the subject of a commit', () => {
  it.each(['core: rename a part', 'chain-evm, core: move a part', `core: ${'x'.repeat(66)}`])(
    '"%s" is fine',
    (subject) => {
      expect(check(subject)).toEqual([])
    },
  )

  it.each([
    ['Rename a part', 'begin with a package'],
    ['core:rename a part', 'begin with a package'],
    ['core, : rename a part', 'begin with a package'],
    ['core/watcher: rename a part', 'begin with a package'],
    [`core: ${'x'.repeat(67)}`, '73 characters'],
  ])('"%s" is not', (subject, problem) => {
    expect(check(subject)).toEqual([expect.stringMatching(new RegExp(`^01234567 .*${problem}`))])
  })
})

describe('a clone without the history', () => {
  let tree: TemporaryTree
  beforeAll(() => {
    tree = temporaryTree()
    cpSync(join(root, 'tools'), join(tree.directory, 'tools'), { recursive: true })
    const git = (...args: string[]) => execFileSync('git', args, { cwd: tree.directory, stdio: 'ignore' })
    git('init')
    git('-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '--allow-empty', '-m', 'No package')
  })
  afterAll(() => tree.remove())

  it('skips the check and exits with 0', () => {
    expect(() =>
      execFileSync(process.execPath, ['tools/commits.mjs'], { cwd: tree.directory, stdio: 'ignore' }),
    ).not.toThrow()
  })
})
