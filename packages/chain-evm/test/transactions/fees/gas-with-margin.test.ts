import { describe, expect, it } from 'vitest'
import { gasWithMargin } from '../../../src/transactions/fees/gas-with-margin.ts'

describe('the gas limit', () => {
  it.each([
    ['half more than the estimate', 100_000n, 30_000_000n, 150_000n],
    ['rounded up', 21_001n, 30_000_000n, 31_502n],
    ['no more than a block has', 100_000n, 120_000n, 120_000n],
    ['no more than a transaction may have', 16_000_000n, 60_000_000n, 2n ** 24n],
    ['no less than the estimate', 20_000_000n, 60_000_000n, 20_000_000n],
  ])('is %s', (_, estimate, block, limit) => {
    expect(gasWithMargin(estimate, block, 2n ** 24n)).toBe(limit)
  })
})
