import { describe, expect, it } from 'vitest'
import { checkCommands, commandsIn, flagsIn, usesIn } from '../lib/documents/commands.mjs'
import { checkLinks } from '../lib/documents/links.mjs'
import { readMarkdown } from '../lib/documents/markdown.mjs'
import { checkIdentifiers, checkPaths, wordsOf } from '../lib/documents/names.mjs'
import { repositoryOf } from '../lib/documents/repository.mjs'
import { checkPackages, checkScripts } from '../lib/documents/workspace.mjs'

const texts: Record<string, string> = {
  'README.md': '# House\n\n## Where `it` is\n\n## Twice\n\n## Twice\n',
  'docs/rules.md': '# Rules & law\n',
  'packages/core/src/dispute/decide.ts': 'export function decideAll(): void {}\n',
  'packages/core/docs/wire.md': '# Wire\n',
  'packages/core/package.json': '{ "name": "core" }\n',
  'pnpm-lock.yaml': 'lockedName: 1\n',
}
const repository = repositoryOf(Object.keys(texts), (path) => texts[path] ?? '')
const words = wordsOf(repository, ['PERUN_WATCHER_WRITTEN'])
const commands = {
  pnpm: '10.34.9',
  scripts: new Set(['demo', 'bench', 'vitest']),
  programs: new Map([
    ['watch', new Set(['--version', '--help'])],
    ['watch run', new Set(['--config', '--json'])],
    ['pnpm bench', new Set(['--rounds'])],
    ['pnpm bench store', new Set(['--rounds'])],
  ]),
}

describe('links', () => {
  const check = (link: string, path = 'docs/page.md') =>
    checkLinks(readMarkdown(path, `text\n\n[it](${link})\n`), repository)

  it.each([
    '../README.md',
    'rules.md',
    'rules.md#rules--law',
    '../README.md#where-it-is',
    '../README.md#twice-1',
    '../packages/core',
    '../packages/core/src/',
    '../packages/core/src/dispute/decide.ts',
    'https://example.org/nowhere#at-all',
    'mailto:nobody@example.org',
  ])('%s leads somewhere', (link) => {
    expect(check(link)).toEqual([])
  })

  it.each([
    ['gone.md', 'there is no docs/gone.md'],
    ['../packages/core/src/dispute/gone.ts', 'there is no packages/core/src/dispute/gone.ts'],
    ['../packages/gone/', 'there is no packages/gone/'],
    ['rules.md#gone', 'docs/rules.md has no heading "#gone"'],
    ['../README.md#twice-2', 'README.md has no heading "#twice-2"'],
    ['../packages/core/src/dispute/decide.ts#L3', 'no Markdown'],
    ['/docs/rules.md', 'relative link'],
  ])('%s does not', (link, problem) => {
    expect(check(link)).toEqual([expect.stringContaining(`docs/page.md:3: `)])
    expect(check(link)).toEqual([expect.stringContaining(problem)])
  })

  it('are found as images, references and links of the same page', () => {
    const page = readMarkdown('docs/page.md', '# A\n\n![x](x.png) [y][y] [a](#a) [b](#b)\n\n[y]: y.md\n')
    const own = repositoryOf([...repository.files, 'docs/page.md'], (path) =>
      path === 'docs/page.md' ? '# A\n' : (texts[path] ?? ''),
    )
    expect(checkLinks(page, own)).toEqual([
      'docs/page.md:3: there is no docs/x.png',
      'docs/page.md:3: docs/page.md has no heading "#b"',
      'docs/page.md:5: there is no docs/y.md',
    ])
  })
})

describe('paths in backticks', () => {
  const check = (path: string, page = 'packages/core/README.md') =>
    checkPaths(readMarkdown(page, `\`${path}\``), repository, ['Channel.sol'])

  it.each([
    'packages/core',
    'packages/core/',
    'packages/*/src',
    'packages/core/src/dispute/decide.ts',
    'dispute/decide.ts',
    'decide.ts',
    'src/dispute',
    'docs/rules.md',
    'docs/wire.md',
    'Channel.sol',
    'a/b',
    'config.toml',
    'node:fs',
  ])('%s is accepted', (path) => {
    expect(check(path)).toEqual([])
  })

  it.each(['packages/gone', 'packages/*/gone', 'src/gone', 'gone/decide.ts', 'cide.ts', 'docs/gone', 'Gone.sol'])(
    '%s is not there',
    (path) => {
      expect(check(path)).toEqual([`packages/core/README.md:1: there is no ${path}`])
    },
  )
})

describe('names in backticks', () => {
  const check = (name: string) => checkIdentifiers(readMarkdown('a.md', `\`${name}\``), words, ['ZMQ_OPTION'])

  it.each(['decideAll', 'decideAll()', 'PERUN_WATCHER_WRITTEN', 'ZMQ_OPTION', 'word', 'Word', 'two words', 'a-b'])(
    '%s is accepted',
    (name) => {
      expect(check(name)).toEqual([])
    },
  )

  it.each([
    ['decideSome', 'decideSome'],
    ['decideAll.sinceGone', 'sinceGone'],
    ['GoneType', 'GoneType'],
    ['CODE_GONE', 'CODE_GONE'],
    ['lockedName', 'lockedName'],
  ])('%s is in no source file', (name, missing) => {
    expect(check(name)).toEqual([`a.md:1: no source file contains ${missing}`])
  })
})

describe('commands', () => {
  const inText = (command: string) => checkCommands(readMarkdown('a.md', `\`${command}\``), commands)
  const inBlock = (command: string, language = 'sh') =>
    checkCommands(readMarkdown('a.md', `\`\`\`${language}\nfirst\n${command}\n\`\`\`\n`), commands)

  it.each([
    'npx pnpm@10.34.9 demo',
    'pnpm demo --whatever',
    'pnpm run demo',
    'pnpm vitest run packages/core',
    'pnpm install',
    'pnpm --dir packages/core gone',
    'pnpm',
    'pnpm bench store --rounds 3',
    'pnpm bench --rounds=3',
    'watch --version',
    'watch run --config x --json   # a comment with --flags',
    'X=1 watch run --json | jq .a',
    'other --flag',
    'the watch gone',
  ])('%s exists', (command) => {
    expect([...inText(command), ...inBlock(command), ...inBlock(command, '')]).toEqual([])
  })

  it.each([
    ['npx pnpm@9.0.0 demo', 'pnpm 9.0.0 is not the version'],
    ['npx pnpm@10.34.9 gone', 'there is no pnpm gone'],
    ['pnpm gone', 'there is no pnpm gone'],
    ['pnpm run gone', 'there is no pnpm gone'],
    ['pnpm bench gone', 'there is no pnpm bench gone'],
    ['pnpm bench store --gone', 'pnpm bench store has no --gone'],
    ['watch gone', 'there is no watch gone'],
    ['watch run --gone', 'watch run has no --gone'],
    ['watch --config', 'watch has no --config'],
    ['true && X=1 watch run --gone=1', 'watch run has no --gone'],
  ])('%s does not', (command, problem) => {
    expect(inText(command)).toEqual([expect.stringContaining(`a.md:1: ${problem}`)])
    expect(inBlock(command)).toEqual([expect.stringContaining(`a.md:3: ${problem}`)])
  })

  it('are not looked for in other languages', () => {
    expect(inBlock('pnpm gone', 'yaml')).toEqual([])
  })

  it('are read from the help of a program', () => {
    const help =
      'Usage: x\n\nOptions:\n  -V, --version  not an--option\n\nCommands:\n  run [options]  run it\n  help  h\n'
    expect([...flagsIn(help)]).toEqual(['--version'])
    expect(commandsIn(help)).toEqual(['run'])
    expect(usesIn('pnpm bench', 'Text.\n\n  pnpm bench store [--json]\n  pnpm bench [--json]\n')).toEqual([
      'pnpm bench store',
    ])
  })
})

describe('the pages that list', () => {
  it('packages have each of the workspace and no other', () => {
    const page = readMarkdown(
      'docs/a.md',
      '[core](../packages/core) [gone](../harness/gone) [file](../packages/core/src)',
    )
    expect(checkPackages(page, ['packages/core', 'apps/daemon'], ['packages', 'apps', 'harness'])).toEqual([
      'docs/a.md: does not link to apps/daemon',
      'docs/a.md: harness/gone is no such package',
    ])
  })

  it('scripts leave none out', () => {
    const page = readMarkdown('a.md', '`pnpm demo:daemon` and `pnpm unit x`\n\n```sh\nnpx pnpm@10.34.9 test\n```\n')
    expect(checkScripts(page, ['demo', 'demo:daemon', 'unit', 'test'])).toEqual(['a.md: does not name pnpm demo'])
  })
})
