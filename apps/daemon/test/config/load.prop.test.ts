import fc from 'fast-check'
import { stringify } from 'smol-toml'
import { expect, test } from 'vitest'
import { catalogue, sectionNames } from '../../src/config/catalogue.ts'
import { textLayer } from '../../src/config/file-layer.ts'
import { mergeLayers } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problems.ts'
import { environmentLayer, flagLayer } from '../../src/config/text-layers.ts'

/** Whatever comes in, it is a configuration or a list of problems, each readable and not without end. */
function survives(parse: () => unknown): void {
  try {
    parse()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    expect(error.code).toBe('OPTION_INVALID')
    expect(error.problems.length).toBeGreaterThan(0)
    expect(error.message.length).toBeLessThan(200_000)
  }
}

const keys = catalogue.map(({ key }) => key)

/** Text near to the truth gets further than noise. */
const pieces = fc.oneof(
  fc.constantFrom(
    ...sectionNames.map((name) => `[${name}]\n`),
    '[quotas.clients."curve:x"]\n',
    '[[chain]]\n',
    '[chain.id]\n',
  ),
  fc
    .tuple(
      fc.constantFrom(...catalogue.map(({ name }) => name), '__proto__', 'constructor', 'toString'),
      fc.constantFrom('=', ' = ', '.a = '),
      fc.oneof(
        fc.json({ maxDepth: 2 }),
        fc.constantFrom(
          '1e400',
          '-1',
          '9223372036854775807',
          'nan',
          'inf',
          '1979-05-27',
          '""',
          '"\\u0000"',
          '[[[[[[[[[[1]]]]]]]]]]',
        ),
      ),
      fc.constant('\n'),
    )
    .map((parts) => parts.join('')),
  fc.string({ maxLength: 20 }),
)

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
)

test('any text of a file', () => {
  fc.assert(
    fc.property(text, (toml) => survives(() => mergeLayers([textLayer(toml, 'config.toml')]))),
    { numRuns: 1000 },
  )
})

test('any value at any setting', () => {
  const value = fc.anything({ withBigInt: false, withDate: true, maxDepth: 3, withNullPrototype: true })
  fc.assert(
    fc.property(fc.constantFrom(...keys), value, (key, any) => {
      const setting = catalogue.find((each) => each.key === key)
      if (setting === undefined) throw new Error(key)
      survives(() => mergeLayers([{ values: new Map([[setting, { value: any, origin: 'test' }]]), problems: [] }]))
    }),
    { numRuns: 1000 },
  )
})

test('any table', () => {
  const table = fc.dictionary(
    fc.oneof(fc.constantFrom(...sectionNames), fc.string()),
    fc.dictionary(fc.string(), fc.integer()),
  )
  fc.assert(
    fc.property(table, (any) => survives(() => mergeLayers([textLayer(stringify(any), 'config.toml')]))),
    { numRuns: 200 },
  )
})

test('any environment and any flags', () => {
  const env = fc.dictionary(
    fc.oneof(fc.constantFrom(...catalogue.flatMap((each) => each.env ?? [])), fc.string()),
    fc.string(),
  )
  const flags = fc.dictionary(fc.constantFrom(...keys), fc.string())
  fc.assert(
    fc.property(env, flags, (variables, given) =>
      survives(() => mergeLayers([environmentLayer(variables), flagLayer(new Map(Object.entries(given)))])),
    ),
    { numRuns: 1000 },
  )
})

test('a configuration of very many mistakes is refused in few words', () => {
  const toml = `[chain]\n${Array.from({ length: 5000 }, (_, index) => `k${index} = 1`).join('\n')}`
  expect(() => mergeLayers([textLayer(toml, 'config.toml')])).toThrow(/And 4950 more like these\./)
})
