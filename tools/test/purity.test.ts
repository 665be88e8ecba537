import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../lib/root.mjs'
import { type TemporaryTree, temporaryTree } from './temporary-tree.ts'

const impure = [
  'Date.now()',
  'new Date()',
  'setTimeout(() => {}, 1)',
  'setInterval(() => {}, 1)',
  'setImmediate(() => {})',
  'performance.now()',
  'process.env',
  'crypto.randomUUID()',
  'Math.random()',
  'AbortSignal.timeout(1)',
  'globalThis.Date',
  "fetch('http://localhost')",
]
const pure = ['Math.max(1, 2)', 'new AbortController()', '{ date: 1 }.date']

const refusing = 'packages/core/src/watcher'
const indifferent = ['packages/core/src/system', 'packages/core/test', 'packages/chain-evm/src']
const configuration = ['biome.json', '.gitignore', 'tools/lint/no-time-or-chance.grit']

let tree: TemporaryTree
let refused: ReadonlySet<string>

function write(directory: string, expressions: readonly string[]): void {
  for (const [index, expression] of expressions.entries()) {
    tree.write(`${directory}/p${index}.ts`, `export const probe = () => (${expression})\n`)
  }
}

/** The files in which biome, with our configuration, finds an error. */
function lint(): ReadonlySet<string> {
  const args = ['lint', '--reporter=json', '--max-diagnostics=none', '.']
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/biome'), args, { cwd: tree.directory, encoding: 'utf8' })
  const { diagnostics }: { diagnostics: { severity: string; location: { path: string } }[] } = JSON.parse(stdout)
  return new Set(diagnostics.filter(({ severity }) => severity === 'error').map(({ location }) => location.path))
}

describe('time and chance in core', () => {
  beforeAll(() => {
    tree = temporaryTree()
    for (const file of configuration) tree.write(file, readFileSync(join(root, file), 'utf8'))
    write(refusing, impure)
    write(`${refusing}/pure`, pure)
    for (const directory of indifferent) write(directory, impure)
    refused = lint()
  })
  afterAll(() => tree.remove())

  it.each(impure)('%s is refused', (expression) => {
    expect(refused).toContain(`${refusing}/p${impure.indexOf(expression)}.ts`)
  })

  it('other expressions are accepted', () => {
    expect([...refused].filter((path) => path.startsWith(`${refusing}/pure/`))).toEqual([])
  })

  it.each(indifferent)('%s may use them', (directory) => {
    expect([...refused].filter((path) => path.startsWith(`${directory}/`))).toEqual([])
  })
})
