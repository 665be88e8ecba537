import { writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { catalogue } from '../../src/config/catalogue.ts'
import { exitCodes } from '../../src/terminal/exit-codes.ts'
import { runMain, temporaryFolder } from '../support/run-main.ts'

/** Commands that end by themselves and start neither a chain nor a daemon. */
const commands = [
  'check-config',
  'status',
  'channels',
  'reload',
  'backup',
  'restore',
  'export',
  'import',
  'verify',
  'rescue',
  'keygen',
  'help',
]

const flags = catalogue.flatMap(({ flag }) => flag ?? [])
const known = [
  '--json',
  '--all',
  '--limit',
  '--after',
  '--id',
  '--client',
  '--disputed',
  '--from',
  '--config',
  '-c',
  '--help',
  '-V',
]

/** Words that stay inside the folder or are nonsense: a fuzzer must not write elsewhere. */
const word = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...known, ...flags) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('', '0', '-1', '1e9', 'true', 'device', 'account', '\u0000', '--', '-', '💥'),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }).map((text) => `?${text.replaceAll('/', '_')}`) },
)

const codes: readonly number[] = Object.values(exitCodes)

test('whatever is typed, it ends with a documented code, and an error has words', async () => {
  using folder = temporaryFolder()
  const here = process.cwd()
  process.chdir(folder.path)
  try {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...commands), fc.array(word, { maxLength: 6 }), async (command, words) => {
        const args = [command, '--data-directory', folder.in('data'), ...words]
        const { code, err } = await runMain(args)
        expect(codes).toContain(code)
        // A stack would mean that nobody thought of it.
        expect(err).not.toMatch(/\n\s+at .*:\d+:\d+/)
        if (code !== 0 && command !== 'check-config') expect(err).not.toBe('')
        expect(err.length).toBeLessThan(20_000)
      }),
      { numRuns: 150 },
    )
  } finally {
    process.chdir(here)
  }
})

test('whatever stands in the configuration, check-config says what is wrong with it', async () => {
  using folder = temporaryFolder()
  const file = folder.in('config.toml')
  const section = fc.constantFrom('data', 'chain', 'listen', 'account', 'quotas', 'http', 'log', 'nonsense')
  const value = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant([]), fc.constant(['x', 1]))
  const name = fc.oneof(
    fc.constantFrom(...catalogue.map((setting) => setting.name)),
    fc.stringMatching(/^[a-z_]{1,30}$/),
  )
  const toml = fc.dictionary(section, fc.dictionary(name, value, { maxKeys: 5 }), { maxKeys: 4 }).map((sections) =>
    Object.entries(sections)
      .map(([key, entries]) =>
        [`[${key}]`, ...Object.entries(entries).map(([k, v]) => `${k} = ${JSON.stringify(v)}`)].join('\n'),
      )
      .join('\n'),
  )
  await fc.assert(
    fc.asyncProperty(fc.oneof(toml, fc.string({ unit: 'binary' })), async (text) => {
      writeFileSync(file, text)
      const { code, out, err } = await runMain(['check-config', '--json', '--config', file])
      expect({ code, err }).toEqual({ code: 1, err: '' })
      const { ok, problems, missing } = JSON.parse(out)
      expect(ok).toBe(false)
      for (const { key, what, remedy } of [...problems, ...missing]) {
        expect(key.length).toBeGreaterThan(0)
        expect(what.length).toBeLessThan(1_000)
        expect(remedy.length).toBeGreaterThan(0)
      }
      expect([...problems, ...missing].length).toBeGreaterThan(0)
    }),
    { numRuns: 200 },
  )
})
