import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bundle } from '../src/bundle.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

const entry = new URL('./support/bundled.ts', import.meta.url)

/** What the bundle prints when it runs in a folder far from its sources. */
function run(script: string, extension: 'cjs' | 'mjs'): unknown {
  using folder = temporaryFolder('kit-test')
  const path = join(folder.path, `script.${extension}`)
  writeFileSync(path, script)
  const { stdout, stderr } = spawnSync(process.execPath, [path], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

describe.each([
  ['cjs', 'cjs'],
  ['esm', 'mjs'],
] as const)('a bundle of format %s', (format, extension) => {
  it('runs from any folder, with native packages, and sources that know where they stand', async () => {
    expect(run(await bundle({ entry, format }), extension)).toEqual({
      place: entry.href,
      native: 'function',
      answer: 42,
    })
  })

  it('holds sources as they were changed', async () => {
    const changed: string[] = []
    const script = await bundle({
      entry,
      format,
      transform(source, file) {
        if (!source.includes('6 * 7')) return source
        changed.push(file)
        return source.replace('6 * 7', '6 * 8')
      },
    })
    expect(run(script, extension)).toMatchObject({ answer: 48 })
    expect(changed).toEqual(['harness/kit/test/support/bundled.ts'])
  })
})

it('a file that does not exist is an error', async () => {
  await expect(bundle({ entry: new URL('./nowhere.ts', import.meta.url) })).rejects.toThrow('nowhere.ts')
})
