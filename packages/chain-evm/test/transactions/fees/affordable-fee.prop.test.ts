import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { affordableFee, believableDataFee } from '../../../src/transactions/fees/affordable-fee.ts'

const amount = fc.bigInt({ min: 0n, max: 10n ** 20n })
const need = fc.record({
  gas: fc.bigInt({ min: 21_000n, max: 10n ** 7n }),
  dataFee: amount,
  asked: fc.bigInt({ min: 1n, max: 10n ** 12n }),
})

describe('what can be offered out of some money', () => {
  it('is never more than there is', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), need, (money, of) => {
        const most = money > 0n ? money : 0n
        expect(affordableFee(money, of) * of.gas <= most).toBe(true)
      }),
    )
  })

  it('leaves what the data cost, unless that would keep off what the market asks', () => {
    fc.assert(
      fc.property(amount, need, (money, of) => {
        const fee = affordableFee(money, of)
        const isSpared = fee * of.gas + of.dataFee <= money
        expect(isSpared || fee <= of.asked).toBe(true)
        if (money >= of.asked * of.gas) expect(fee >= of.asked).toBe(true)
      }),
    )
  })
})

describe('what is set aside for data', () => {
  it('is what was said, and never so much that those of a whole lane take more than a quarter of the balance', () => {
    fc.assert(
      fc.property(amount, amount, (said, balance) => {
        const aside = believableDataFee(said, balance)
        expect(aside <= said && 16n * aside <= balance / 4n).toBe(true)
        if (said <= balance / 64n) expect(aside).toBe(said)
      }),
    )
    expect(believableDataFee(5n, undefined)).toBe(0n)
  })
})
