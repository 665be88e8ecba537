import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type FeeQuotes, lowerMarket, type MarketContext, marketOf } from '../../../src/transactions/fees/fee-market.ts'
import { parseFeeHistory } from '../../../src/transactions/node/parse-fee-history.ts'

const gwei = 1_000_000_000n
const absurd = 10n ** 24n

const sound = fc
  .record({ base: fc.bigInt(1n, 300n * gwei), tip: fc.bigInt(1n, 10n * gwei), lag: fc.integer({ min: -12, max: 12 }) })
  .map(({ base, tip, lag }) => {
    const quotes = {
      suggestedTip: tip,
      gasPrice: base + tip,
      history: { nextBaseFee: (base * BigInt(100 + lag)) / 100n, usualTip: tip },
    } satisfies FeeQuotes
    return { headBaseFee: base, earlierBaseFee: base, quotes, minPriorityFeePerGas: 1n }
  })

type Sound = MarketContext & { readonly quotes: { readonly history: { nextBaseFee: bigint; usualTip: bigint } } }

/** One number of all that a node tells, and how to tell it wrong. */
const numbers: readonly (readonly [string, (all: Sound, fee: bigint) => MarketContext])[] = [
  ['the head', (all, fee) => ({ ...all, headBaseFee: fee })],
  ['the head before', (all, fee) => ({ ...all, earlierBaseFee: fee })],
  ['the suggested tip', (all, fee) => ({ ...all, quotes: { ...all.quotes, suggestedTip: fee } })],
  ['the gas price', (all, fee) => ({ ...all, quotes: { ...all.quotes, gasPrice: fee } })],
  [
    'the next base fee',
    (all, fee) => ({ ...all, quotes: { ...all.quotes, history: { ...all.quotes.history, nextBaseFee: fee } } }),
  ],
  [
    'the tips paid',
    (all, fee) => ({ ...all, quotes: { ...all.quotes, history: { ...all.quotes.history, usualTip: fee } } }),
  ],
]

describe('the market', () => {
  it.each(numbers)('does not follow %s alone, however high', (_, told) => {
    fc.assert(
      fc.property(sound, (all) => {
        const before = marketOf(all)
        const after = marketOf(told(all, absurd))
        expect(after.baseFeePerGas <= 2n * before.baseFeePerGas + all.quotes.suggestedTip).toBe(true)
        expect(after.priorityFeePerGas <= 2n * before.priorityFeePerGas).toBe(true)
      }),
    )
  })

  it('does not follow suggestion and gas price together: they come out of one program', () => {
    fc.assert(
      fc.property(sound, (all) => {
        const quotes = { ...all.quotes, suggestedTip: absurd, gasPrice: all.headBaseFee + absurd }
        expect(marketOf({ ...all, quotes }).priorityFeePerGas).toBe(2n * all.quotes.history.usualTip)
      }),
    )
  })

  it('believes a tip that nothing else bears out as far as the base fee', () => {
    const quotes: FeeQuotes = { suggestedTip: 1_000n * gwei, gasPrice: undefined, history: undefined }
    const told = { headBaseFee: 46_577n, earlierBaseFee: 46_577n, quotes, minPriorityFeePerGas: 1_000n }
    expect(marketOf(told)).toEqual({ baseFeePerGas: 46_577n, priorityFeePerGas: 46_577n })
  })

  it('follows a base fee that rose, as soon as two say so', () => {
    const quotes: FeeQuotes = { suggestedTip: gwei, gasPrice: undefined, history: undefined }
    const told = { headBaseFee: 60n * gwei, earlierBaseFee: gwei, quotes, minPriorityFeePerGas: 1n }
    expect(marketOf(told).baseFeePerGas).toBe(gwei)
    expect(marketOf({ ...told, earlierBaseFee: 60n * gwei }).baseFeePerGas).toBe(60n * gwei)
    const history = { nextBaseFee: 61n * gwei, usualTip: undefined }
    expect(marketOf({ ...told, quotes: { ...quotes, history } }).baseFeePerGas).toBe(60n * gwei)
  })

  it('tips what the operator wants at least, whatever the node says', () => {
    const quotes: FeeQuotes = { suggestedTip: 0n, gasPrice: 0n, history: undefined }
    const told = { headBaseFee: 7n, earlierBaseFee: undefined, quotes, minPriorityFeePerGas: gwei }
    expect(marketOf(told).priorityFeePerGas).toBe(gwei)
  })
})

describe('the history of fees', () => {
  it('leaves out the tips of empty blocks, and takes the median of the others', () => {
    const answer = {
      baseFeePerGas: ['0x1', '0x2', '0x3', '0x4', '0x5'],
      gasUsedRatio: [0, 0.1, 0.9, 1],
      reward: [['0x0'], ['0x7'], ['0x3'], ['0xffffff']],
    }
    expect(parseFeeHistory(answer)).toEqual({ nextBaseFee: 5n, usualTip: 7n })
  })

  it.each([{}, { baseFeePerGas: null, gasUsedRatio: 'x', reward: 5 }])('may be missing in %j', (answer) => {
    expect(parseFeeHistory(answer)).toEqual({ nextBaseFee: undefined, usualTip: undefined })
  })

  it.each([null, 'x', { baseFeePerGas: ['y'] }, { reward: [[]], gasUsedRatio: [1] }])('is refused as %j', (answer) => {
    expect(() => parseFeeHistory(answer)).toThrow(expect.objectContaining({ code: 'CHAIN_DATA_INVALID' }))
  })

  it('of two endpoints is the lower one, but no base fee below what is doubted at all', () => {
    const market = fc.record({ baseFeePerGas: fc.bigInt(0n, absurd), priorityFeePerGas: fc.bigInt(0n, absurd) })
    fc.assert(
      fc.property(market, market, fc.bigInt(0n, absurd), (first, other, doubtful) => {
        const both = lowerMarket(first, other, doubtful)
        for (const fee of ['baseFeePerGas', 'priorityFeePerGas'] as const)
          expect(both[fee]).toBeLessThanOrEqual(first[fee])
        expect(both.priorityFeePerGas).toBeLessThanOrEqual(other.priorityFeePerGas)
        if (first.baseFeePerGas >= doubtful) expect(both.baseFeePerGas).toBeGreaterThanOrEqual(doubtful)
        if (other.baseFeePerGas >= doubtful) expect(both.baseFeePerGas).toBeLessThanOrEqual(other.baseFeePerGas)
      }),
    )
  })
})
