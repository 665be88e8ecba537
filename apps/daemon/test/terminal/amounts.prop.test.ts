import fc from 'fast-check'
import * as viem from 'viem'
import { expect, test } from 'vitest'
import { formatEther, parseUnits } from '../../src/terminal/amounts.ts'

test('amounts in ether are written as viem writes them', () => {
  fc.assert(
    fc.property(fc.oneof(fc.bigInt(), fc.bigInt(-(10n ** 20n), 10n ** 20n)), (wei) => {
      expect(formatEther(wei)).toBe(viem.formatEther(wei))
    }),
  )
})

test('amounts that the configuration allows are read as viem reads them', () => {
  const amounts = fc
    .constantFrom(9, 18)
    .chain((decimals) =>
      fc.tuple(fc.stringMatching(new RegExp(`^\\d{1,12}(\\.\\d{1,${decimals}})?$`)), fc.constant(decimals)),
    )
  fc.assert(
    fc.property(amounts, ([text, decimals]) => {
      expect(parseUnits(text, decimals)).toBe(viem.parseUnits(text, decimals))
    }),
  )
})

test.each([
  [0n, '0'],
  [1n, '0.000000000000000001'],
  [-1n, '-0.000000000000000001'],
  [10n ** 18n, '1'],
  [1_500_000_000_000_000_000n, '1.5'],
])('%i wei are %s ether', (wei, text) => {
  expect(formatEther(wei)).toBe(text)
})
