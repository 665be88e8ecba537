import { parseChannelId, parseClientName } from '@perun-watcher/core'
import { type SpendingEntry, silentLogger, spendingBook } from '@perun-watcher/core/adapter'
import { systemClock } from '@perun-watcher/core/system'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { metricsRegistry } from '../../src/observe/metrics/metrics-registry.ts'
import { mostClients, recentTransactions, spendingReport } from '../../src/observe/spending-report.ts'

const day = 86_400n

const entries: fc.Arbitrary<SpendingEntry> = fc
  .record({
    sequence: fc.bigInt(0n, 1_000n),
    clients: fc.uniqueArray(
      fc.nat(60).map((index) => parseClientName(`client-${index}`)),
      { maxLength: 3 },
    ),
    time: fc.bigInt(0n, 2n * day),
    cost: fc.bigInt(0n, 10n ** 18n),
    work: fc.bigInt(0n, 10n ** 7n),
  })
  .map(({ sequence, clients, time, cost, work }) => {
    const family = parseChannelId(`0x${'11'.repeat(32)}`)
    const cause = { call: 'register', rank: 'first-answer', family, clients, opened: 0n } as const
    return { lane: 'a', sequence, time, cause, outcome: { type: 'succeeded', hash: '0x01', work, cost, block: 1n } }
  })

test('a report names few clients, and leaves nothing out', () => {
  fc.assert(
    fc.property(fc.array(entries, { maxLength: 120 }), fc.bigInt(0n, 2n * day), (all, now) => {
      const book = spendingBook({ clock: systemClock, logger: silentLogger })
      for (const entry of all) book.note(entry)
      const kept = [...book.entries()]
      const paid = kept.reduce((sum, { time, outcome }) => {
        return time / day === now / day && outcome.type !== 'pending' ? sum + outcome.cost : sum
      }, 0n)
      const { today, clients, others } = spendingReport(book, now)
      expect(clients.length).toBeLessThanOrEqual(mostClients)
      expect(today.cost).toBe(paid)
      expect(clients.reduce((sum, { cost }) => sum + cost, others.cost)).toBe(paid)
      const least = clients.at(-1)?.cost ?? 0n
      expect(clients.every(({ cost }) => cost >= least)).toBe(true)
      const newest = recentTransactions(book).map(({ time }) => time)
      expect(newest).toEqual([...newest].sort((a, b) => Number(b - a)))
    }),
  )
})

test('before the first block nothing is of today', () => {
  const book = spendingBook({ clock: systemClock, logger: silentLogger })
  expect(spendingReport(book, undefined)).toMatchObject({ today: { cost: 0n, transactions: 0 }, clients: [] })
})

test('a client that cost something yesterday only has no series any more', async () => {
  const metrics = metricsRegistry()
  metrics.setAll('perun_watcher_client_gas_today', [5, { client: 'a' }], [1, { client: 'others' }])
  metrics.setAll('perun_watcher_client_gas_today', [2, { client: 'b' }])
  const { body } = await metrics.text(async () => {})
  expect(body.match(/perun_watcher_client_gas_today{[^}]*} \d+/g)).toEqual([
    'perun_watcher_client_gas_today{client="b"} 2',
  ])
})
