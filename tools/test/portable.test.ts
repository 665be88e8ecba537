import { describe, expect, it } from 'vitest'
import { findLocal } from '../lib/portable.mjs'

const host = ['registry', 'npmjs', 'org'].join('.')

describe('what ties a file to one machine', () => {
  it.each([
    ['a path', ['', 'work', 'main', 'x.ts'].join('/')],
    ['a path in quotes', `'${['', 'root', '.npm'].join('/')}'`],
    ['a home directory', ['', 'home', 'ann', 'x'].join('/')],
    ['a registry', `https://${host}/viem`],
    ['a registry setting', ['registry', '//localhost:4873'].join('=')],
    ['a token', ['//localhost:4873/:_auth', 'Token=abc'].join('')],
  ])('%s is found', (_, line) => {
    expect(findLocal('a.md', `first\n${line}\n`)).toEqual([expect.stringMatching(/^a\.md:2: /)])
  })

  it('the address of a tarball is found in the lockfile, and only there', () => {
    const line = '    resolution: {tarball: x.tgz}'
    expect(findLocal('pnpm-lock.yaml', line)).toHaveLength(1)
    expect(findLocal('a.ts', line)).toEqual([])
  })

  it.each(['./work/x', 'https://example.org/work/x', 'src/root/x.ts', 'the registry of npm'])('%s is fine', (line) => {
    expect(findLocal('a.md', line)).toEqual([])
  })
})
