import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memorySpendingLog, type SpendingBudgets, silentLogger, spendingBook } from '../../src/adapter.ts'
import { parseChannelId, parseClientName } from '../../src/index.ts'
import { roomIn, type Usage } from '../../src/spending/budgets.ts'
import { systemClock } from '../../src/system/system-clock.ts'

const amounts = fc.bigInt(0n, 1_000n)
const names = fc.nat(4).map((index) => parseClientName(`client-${index}`))
const budgets: fc.Arbitrary<SpendingBudgets> = fc.record({
  perClientAndDay: fc.option(amounts, { nil: undefined }),
  perDispute: fc.option(amounts, { nil: undefined }),
  perDay: fc.option(amounts, { nil: undefined }),
  percentOfValue: fc.option(fc.nat(200), { nil: undefined }),
})
const usages: fc.Arbitrary<Usage> = fc
  .record({ shares: fc.array(fc.tuple(names, amounts)), nobody: amounts, dispute: amounts })
  .map(({ shares, nobody, dispute }) => {
    const clients = new Map(shares)
    return { clients, dispute, day: [...clients.values()].reduce((sum, each) => sum + each, nobody) }
  })
const clientLists = fc.uniqueArray(names, { maxLength: 3 })

describe('what an improvement may cost', () => {
  it('is never less than nothing, and shrinks as more is spent', () => {
    fc.assert(
      fc.property(
        budgets,
        usages,
        clientLists,
        fc.option(amounts, { nil: undefined }),
        (limits, usage, clients, value) => {
          const room = roomIn(limits, usage, { clients, value })
          const later = roomIn(
            limits,
            { ...usage, day: usage.day + 1n, dispute: usage.dispute + 1n },
            { clients, value },
          )
          expect(room === undefined).toBe(later === undefined)
          expect(room?.most ?? 0n).toBeGreaterThanOrEqual(later?.most ?? 0n)
          expect(later?.most ?? 0n).toBeGreaterThanOrEqual(0n)
        },
      ),
    )
  })

  it('leaves an even share of the day to whoever had less, whatever the others spent', () => {
    fc.assert(
      fc.property(usages, names, fc.bigInt(1n, 1_000n), ({ clients, ...rest }, honest, perDay) => {
        const others = new Map([...clients].filter(([name]) => name !== honest))
        const room = roomIn({ perDay }, { ...rest, clients: others }, { clients: [honest], value: undefined })
        expect(room?.most).toBeGreaterThanOrEqual(perDay / BigInt(others.size + 1))
      }),
    )
  })

  it('is not limited by what a companion has used up', () => {
    const [poor, rich] = [parseClientName('poor'), parseClientName('rich')]
    const usage = { day: 50n, clients: new Map([[poor, 50n]]), dispute: 0n }
    const room = roomIn({ perClientAndDay: 50n }, usage, { clients: [poor, rich], value: undefined })
    expect(room).toEqual({ most: 50n, budget: 'client-and-day' })
  })

  it('is no more of the value at stake than the percentage says, in all for a dispute', () => {
    const usage = { day: 0n, clients: new Map(), dispute: 30n }
    const asked = { clients: [parseClientName('alice')], value: 2_000n }
    expect(roomIn({ percentOfValue: 5 }, usage, asked)).toEqual({ most: 70n, budget: 'value' })
  })

  it('does not count for first answers, whatever the budgets say', () => {
    fc.assert(
      fc.property(usages, clientLists, (_, clients) => {
        const none = { perClientAndDay: 0n, perDispute: 0n, perDay: 0n, percentOfValue: 0 }
        const book = spendingBook({ budgets: none, clock: systemClock, logger: silentLogger })
        void book.open(memorySpendingLog())
        const cause = { family: parseChannelId(`0x${'11'.repeat(32)}`), clients, opened: 0n }
        expect(book.room({ ...cause, rank: 'first-answer' }, 1n, { value: 0n })).toBeUndefined()
        expect(book.room({ ...cause, rank: 'improvement' }, 1n, { value: 0n })?.most).toBe(0n)
      }),
    )
  })

  it.each([
    { perDay: -1n },
    { perDispute: -1n },
    { perClientAndDay: -5n },
    { percentOfValue: 0.5 },
    { percentOfValue: -1 },
    { percentOfValue: Number.NaN },
  ])('is refused where it is no amount: %o', (wrong) => {
    expect(() => spendingBook({ budgets: wrong, clock: systemClock, logger: silentLogger })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    )
  })
})
