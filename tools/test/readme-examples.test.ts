import { describe, expect, it } from 'vitest'
import { checkExamples, findExamples, shownPart } from '../lib/readme-examples.mjs'

const block = (code: string, source?: string): string =>
  `${source === undefined ? '' : `<!-- example: ${source} -->\n\n`}\`\`\`ts\n${code}\n\`\`\`\n`

const files: Record<string, string> = {
  'whole.ts': 'const a = 1\nconst b = 2\n',
  'part.ts':
    'import x from "x"\n\nfunction main() {\n  // README\n  const a = 1\n\n  if (a) {\n    b()\n  }\n  // README end\n}\n',
  'half.ts': '// README\nconst a = 1\n',
}
const check = (markdown: string): string[] => checkExamples('README.md', markdown, (path) => files[path])

describe('TypeScript in a README', () => {
  it('is nothing to check where there is none', () => {
    expect(check('# Title\n\n```sh\nnpx pnpm demo\n```\n')).toEqual([])
  })

  it('passes when it is the named file', () => {
    expect(check(`text\n\n${block('const a = 1\nconst b = 2', 'whole.ts')}`)).toEqual([])
  })

  it('passes when it is the marked part of the named file, without its indentation', () => {
    expect(check(block('const a = 1\n\nif (a) {\n  b()\n}', 'part.ts'))).toEqual([])
  })

  it.each([
    ['differs', block('const a = 2', 'whole.ts'), 'README.md:3: differs from whole.ts'],
    ['names no file', block('const a = 1'), 'README.md:1: TypeScript that nobody compiles'],
    ['names a file that is not there', block('const a = 1', 'gone.ts'), 'README.md:3: there is no gone.ts'],
    ['is marked by half', block('const a = 1', 'half.ts'), 'README.md:3: half.ts: expected two lines'],
  ])('fails when it %s', (_, markdown, problem) => {
    expect(check(markdown)).toEqual([expect.stringContaining(problem)])
  })

  it('is found by any name of the language', () => {
    const languages = ['ts', 'typescript', 'tsx', 'mts', 'js', 'sh'].map((name) => `\`\`\`${name}\nx\n\`\`\``)
    expect(findExamples(languages.join('\n\n'))).toHaveLength(4)
  })

  it('shows a file without its last empty lines', () => {
    expect(shownPart('a\n\n')).toBe('a')
  })
})
