import { describe, expect, it } from 'vitest'
import { ledgerLimits } from '../../src/limits/ledger-limits.ts'

/** Callers without types hand in anything. */
const nonsense: readonly [string, unknown][] = [
  ['null', null],
  ['a number', 95_000],
  ['a list', ['arbitrum']],
  ['a name that is misspelt', { byte: 95_000 }],
]

describe('limits', () => {
  it.each(nonsense)('that are %s are refused', (_, limits) => {
    expect(() => Reflect.apply(ledgerLimits, undefined, [limits])).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    )
  })
})
