import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readMarkdown } from '../lib/documents/markdown.mjs'
import { checkSnippets } from '../lib/documents/snippets.mjs'
import { root } from '../lib/root.mjs'
import { type TemporaryTree, temporaryTree } from './temporary-tree.ts'

const block = (code: string, language = 'ts'): string => `Text.\n\n\`\`\`${language}\n${code}\n\`\`\`\n`

describe('TypeScript in documents', () => {
  let tree: TemporaryTree
  beforeAll(() => {
    tree = temporaryTree()
    const base = readFileSync(join(root, 'tsconfig.base.json'), 'utf8').replace('"types": ["node"]', '"types": []')
    tree.write('tsconfig.base.json', base)
    tree.write('dist/ours.d.ts', 'export declare function guard(seconds: bigint): Promise<void>\n')
    tree.write('packages/a/node_modules/theirs/index.d.ts', 'export declare const theirs: string\n')
    tree.write('packages/a/node_modules/theirs/package.json', '{ "name": "theirs", "types": "index.d.ts" }')
  })
  afterAll(() => tree.remove())

  const check = (markdown: string): string[] => {
    const paths = { '@ours/guard': [join(tree.directory, 'dist/ours.d.ts')] }
    return checkSnippets([readMarkdown('packages/a/README.md', markdown)], { root: tree.directory, paths })
  }

  it('compiles against our packages, those of its package, and files of the reader', () => {
    const code = [
      "import { guard } from '@ours/guard'",
      "import { theirs } from 'theirs'",
      "import { mine } from './mine.js'",
      'await guard(mine(theirs))',
    ]
    expect(check(block(code.join('\n')))).toEqual([])
  })

  it.each([
    ['a name that is gone', "import { gone } from '@ours/guard'", "no exported member 'gone'"],
    ['a wrong argument', "import { guard } from '@ours/guard'\nawait guard(1)", 'not assignable'],
    ['a package that is not there', "import { gone } from 'gone'", "Cannot find module 'gone'"],
    ['broken text', 'const', 'cannot be empty'],
  ])('%s is found, with its line in the document', (_, code, problem) => {
    const lines = code.split('\n').length
    expect(check(block(code))).toContainEqual(expect.stringMatching(`^packages/a/README.md:${3 + lines}: .*${problem}`))
  })

  it('is not looked for in blocks of other languages', () => {
    expect(check(block('const', 'js'))).toEqual([])
  })
})
