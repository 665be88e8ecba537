import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../src/temporary-folder.ts'

it('a temporary folder is there until it is disposed of, with all that is in it', () => {
  const folder = temporaryFolder('kit-test')
  writeFileSync(join(folder.path, 'file'), 'text')
  expect(existsSync(folder.path)).toBe(true)
  folder[Symbol.dispose]()
  expect(existsSync(folder.path)).toBe(false)
})

it('two temporary folders for one purpose are two', () => {
  using first = temporaryFolder('kit-test')
  using second = temporaryFolder('kit-test')
  expect(first.path).not.toBe(second.path)
})

it('a temporary folder that nobody disposes of ends with its process', () => {
  const module = new URL('../src/temporary-folder.ts', import.meta.url).href
  const program = `import { temporaryFolder } from '${module}'\nconsole.log(temporaryFolder('kit-test').path)`
  const args = ['--import', 'tsx', '--input-type=module', '-e', program]
  const path = spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout.trim()
  expect(path).toContain('kit-test')
  expect(existsSync(path)).toBe(false)
})
