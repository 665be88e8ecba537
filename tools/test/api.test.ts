import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareReports } from '../lib/api/compare.mjs'
import { entryPointsOf, unbuilt } from '../lib/api/entry-points.mjs'
import { type TemporaryTree, temporaryTree } from './temporary-tree.ts'

/** In a process of its own: API Extractor does not survive being imported where files share their modules. */
const program = `
  import { text } from 'node:stream/consumers'
  import { apiReports } from '${new URL('../lib/api/reports.mjs', import.meta.url)}'
  const reports = apiReports(JSON.parse(await text(process.stdin)))
  console.log(JSON.stringify([...reports].map(([{ name }, report]) => [name, report])))`
const args = ['--input-type=module', '--eval', program]

const manifest = {
  name: 'fixture',
  version: '1.0.0',
  exports: {
    '.': { types: './dist/index.d.ts', default: './dist/index.js' },
    './part/one': { types: './dist/one.d.ts', default: './dist/one.js' },
    './package.json': './package.json',
  },
}

const shared = (limit: string): string =>
  `interface Inner {\n    readonly limit: ${limit};\n}\nexport { type Inner as I };\n`

const before = {
  'dist/index.d.ts': `import { I as Inner } from './shared-a1.js';
/** Told. */
declare function stays(inner: Inner): Promise<void>;
declare function changes(a: string): void;
declare function changes(a: number): void;
interface Goes {
    readonly a: string;
}
declare const code: 'A' | 'B';
export { changes, code, type Goes, stays };
`,
  'dist/shared-a1.d.ts': shared('number'),
  'dist/one.d.ts': "export { AbortOptions } from './options.js';\n",
  'dist/options.d.ts': `export interface AbortOptions {
    readonly signal?: AbortSignal | undefined;
}
`,
}

/** The same with other comments, another order and another name of the shared file, and with some changes. */
const after = {
  ...before,
  'dist/index.d.ts': `import { I as Inner } from './shared-b2.js';
declare const code: 'A' | 'B';
/** Told otherwise. */
declare function stays(inner: Inner): Promise<void>;
declare function comes(): void;
declare function changes(a: string): void;
declare function changes(a: bigint): void;
export { changes, code, comes, stays };
`,
  'dist/shared-b2.d.ts': shared('bigint'),
}

describe('the report of an API', () => {
  let tree: TemporaryTree
  let first: Map<string, string>
  let second: Map<string, string>

  function reportsOf(version: string, files: Readonly<Record<string, string>>): Map<string, string> {
    const directory = join(tree.directory, version)
    tree.write(`${version}/package.json`, JSON.stringify(manifest))
    for (const [path, text] of Object.entries(files)) tree.write(`${version}/${path}`, text)
    const entryPoints = entryPointsOf([{ name: manifest.name, directory }])
    return new Map(
      JSON.parse(execFileSync(process.execPath, args, { input: JSON.stringify(entryPoints), encoding: 'utf8' })),
    )
  }

  beforeAll(() => {
    tree = temporaryTree()
    first = reportsOf('before', before)
    second = reportsOf('after', after)
  })
  afterAll(() => tree.remove())

  const compare = (name: string): string[] => compareReports(name, first.get(name), second.get(name) ?? '')

  it('is made for each entry point with types', () => {
    expect([...first.keys()]).toEqual(['fixture', 'fixture/part/one'])
    const directory = join(tree.directory, 'before')
    expect(entryPointsOf([{ name: 'fixture', directory }]).map(({ report }) => report)).toEqual([
      join(directory, 'api/index.api.md'),
      join(directory, 'api/part-one.api.md'),
    ])
  })

  it('has signatures, and the types that they refer to', () => {
    expect(first.get('fixture')).toContain('export function stays(inner: Inner): Promise<void>;')
    expect(first.get('fixture')).toContain('readonly limit: number;')
    expect(first.get('fixture/part/one')).toContain('readonly signal?: AbortSignal | undefined;')
  })

  it('has no remarks about comments', () => {
    expect([...first.values()].join('')).not.toMatch(/undocumented|@public|Told/)
  })

  it('names what is new, gone and changed, and nothing else', () => {
    expect(compare('fixture')).toEqual([
      'fixture: export changes changed',
      'fixture: export Goes is gone',
      'fixture: Inner, which an export refers to, changed',
      'fixture: export comes is new',
    ])
    expect(compare('fixture/part/one')).toEqual([])
  })

  it('must be there, and as it was written', () => {
    const text = first.get('fixture') ?? ''
    expect(compareReports('fixture', undefined, text)).toEqual(['fixture: has no API report'])
    expect(compareReports('fixture', text.replace('API of', 'Api of'), text)).toEqual([
      'fixture: its API report was edited by hand',
    ])
  })

  it('wants a build', () => {
    tree.write('unbuilt/package.json', JSON.stringify(manifest))
    const entryPoints = entryPointsOf([{ name: 'fixture', directory: join(tree.directory, 'unbuilt') }])
    expect(unbuilt(entryPoints)).toEqual([
      'fixture is not built: run pnpm build',
      'fixture/part/one is not built: run pnpm build',
    ])
  })
})
