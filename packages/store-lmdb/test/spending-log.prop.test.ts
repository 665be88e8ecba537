import { parseChannelId, parseClientName, parseLedgerId } from '@perun-watcher/core'
import {
  memorySpendingLog,
  type SpendingChanges,
  type SpendingEntry,
  type SpendingLog,
  type SpendingSum,
} from '@perun-watcher/core/adapter'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lmdbStore, rescueStore } from '../src/index.ts'
import { lmdbPlace, opened } from './support/place.ts'

const [ledger, other] = [parseLedgerId('ledger:1'), parseLedgerId('ledger:2')]
const amounts = fc.bigInt(0n, 2n ** 100n)
const lanes = fc.constantFrom('a', 'b', 'c'.repeat(3_000))
const keys = fc.record({ lane: lanes, sequence: fc.bigInt(0n, 5n) })
const clients = fc.nat(2).map((index) => parseClientName(`client-${index}`))
const sumKeys = fc.record({
  day: fc.constantFrom(0, 19_000, 2 ** 32 - 1),
  client: fc.option(clients, { nil: undefined }),
})

const entries: fc.Arbitrary<SpendingEntry> = fc
  .record({
    key: keys,
    cause: fc.option(
      fc.record({
        call: fc.constantFrom('register' as const, 'concludeFinal' as const),
        rank: fc.constantFrom('first-answer' as const, 'improvement' as const, 'settlement' as const),
        family: fc.nat(9).map((digit) => parseChannelId(`0x${`${digit}`.repeat(64)}`)),
        clients: fc.uniqueArray(clients),
        opened: fc.bigInt(-100n, 2n ** 64n),
      }),
      { nil: undefined },
    ),
    time: amounts,
    outcome: fc.oneof(
      fc.record({ type: fc.constant('pending' as const), most: amounts }),
      fc.record({
        type: fc.constantFrom('succeeded' as const, 'failed' as const, 'taken-back' as const),
        hash: fc.constantFrom('0x' as const, '0xabc' as const, `0x${'0f'.repeat(32)}` as const),
        work: amounts,
        cost: amounts,
        block: amounts,
      }),
    ),
  })
  .map(({ key, ...rest }) => ({ ...key, ...rest }))

const sums: fc.Arbitrary<SpendingSum> = fc
  .record({ key: sumKeys, transactions: fc.nat(), work: amounts, cost: amounts })
  .map(({ key, ...rest }) => ({ ...key, ...rest }))

const few = <T>(items: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(items, { maxLength: 5 })

const writes: fc.Arbitrary<SpendingChanges> = fc.record({
  entries: few(entries),
  dropEntries: few(keys),
  sums: few(sums),
  dropSums: few(sumKeys),
})

const byText = (one: unknown, another: unknown): number => (text(one) < text(another) ? -1 : 1)
const text = (value: unknown): string =>
  JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}` : each))

async function contentOf(log: SpendingLog) {
  const { entries, sums } = await log.read()
  return { entries: entries.toSorted(byText), sums: sums.toSorted(byText) }
}

describe('the log of spending', () => {
  it('keeps what the one in memory keeps, over restarts, and for each ledger apart', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom(ledger, other), writes), { maxLength: 6 }), async (all) => {
        await using place = lmdbPlace()
        const expected = new Map([ledger, other].map((each) => [each, memorySpendingLog()]))
        {
          await using store = await opened(place.store(), [ledger, other])
          for (const [each, changes] of all) {
            await store.spendingLog(each).write(changes)
            await expected.get(each)?.write(changes)
          }
        }
        await using again = place.store()
        await again.open([ledger, other])
        for (const [each, log] of expected) {
          expect(await contentOf(again.spendingLog(each))).toEqual(await contentOf(log))
        }
        expect((await again.verify()).damaged).toEqual([])
      }),
      { numRuns: 25 },
    )
  })

  it('is rescued with the rest', async () => {
    await using place = lmdbPlace()
    const to = place.beside('rescued')
    const [entry] = fc.sample(entries, { numRuns: 1, seed: 1 })
    const [sum] = fc.sample(sums, { numRuns: 1, seed: 1 })
    if (entry === undefined || sum === undefined) throw new Error('a sample is missing')
    {
      await using store = await opened(place.store(), [ledger])
      await store.spendingLog(ledger).write({ entries: [entry], dropEntries: [], sums: [sum], dropSums: [] })
    }
    await rescueStore({ from: place.location, to })
    await using rescued = lmdbStore({ path: to })
    await rescued.open([ledger])
    expect(await rescued.spendingLog(ledger).read()).toEqual({ entries: [entry], sums: [sum] })
  })

  it('is written only for a ledger of the store, and refused otherwise', async () => {
    await using place = lmdbPlace()
    await using store = place.store()
    await store.open([ledger])
    const nothing: SpendingChanges = { entries: [], dropEntries: [], sums: [], dropSums: [] }
    await expect(store.spendingLog(ledger).write(nothing)).rejects.toMatchObject({ code: 'STORE_OF_ANOTHER_LEDGER' })
    expect(await store.spendingLog(ledger).read()).toEqual({ entries: [], sums: [] })
  })
})
