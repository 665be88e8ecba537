import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  memorySpendingLog,
  type SpendingBook,
  type SpendingCause,
  type SpendingEntry,
  type SpendingLog,
  silentLogger,
  spendingBook,
} from '../../src/adapter.ts'
import { parseChannelId, parseClientName } from '../../src/index.ts'
import { systemClock } from '../../src/system/system-clock.ts'

const day = 86_400n
const family = (index: number) => parseChannelId(`0x${(index + 1).toString(16).padStart(64, '0')}`)
const client = (index: number) => parseClientName(`client-${index}`)

const causes: fc.Arbitrary<SpendingCause | undefined> = fc.option(
  fc.record({
    call: fc.constantFrom('register', 'concludeFinal'),
    rank: fc.constantFrom('first-answer', 'improvement', 'settlement'),
    family: fc.nat(3).map(family),
    clients: fc.uniqueArray(fc.nat(4).map(client), { maxLength: 3 }),
    opened: fc.bigInt(0n, 3n * day),
  }),
  { nil: undefined },
)

const outcomes: fc.Arbitrary<SpendingEntry['outcome']> = fc.oneof(
  fc.record({ type: fc.constant('pending' as const), most: fc.bigInt(0n, 1_000n) }),
  fc.record({
    type: fc.constantFrom('succeeded', 'failed', 'taken-back'),
    hash: fc.nat(9).map((digit): `0x${string}` => `0x${digit}`),
    work: fc.bigInt(0n, 100n),
    cost: fc.bigInt(0n, 1_000n),
    block: fc.bigInt(0n, 100n),
  }),
)

const entries: fc.Arbitrary<SpendingEntry> = fc.record({
  lane: fc.constantFrom('a', 'b'),
  sequence: fc.bigInt(0n, 20n),
  cause: causes,
  time: fc.bigInt(0n, 4n * day),
  outcome: outcomes,
})

type Step =
  | { readonly type: 'note'; readonly entry: SpendingEntry }
  | { readonly type: 'drop'; readonly entry: SpendingEntry }
  | { readonly type: 'kill' }
  | { readonly type: 'stored' }

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: entries.map((entry) => ({ type: 'note', entry }) as const) },
  { weight: 1, arbitrary: entries.map((entry) => ({ type: 'drop', entry }) as const) },
  { weight: 1, arbitrary: fc.constant({ type: 'kill' } as const) },
  { weight: 2, arbitrary: fc.constant({ type: 'stored' } as const) },
)

/** The same log for one process, of which each call may fail: before or after what it does. */
function faulty(log: SpendingLog, faults: Faults, life = { isOver: false }): SpendingLog {
  const may = async <T>(call: () => Promise<T>): Promise<T> => {
    if (life.isOver) throw new Error('killed')
    const fault = faults.shift()
    if (fault === 'before') throw new Error('disk full')
    const answer = await call()
    if (fault === 'after') throw new Error('no answer')
    return answer
  }
  return { read: (options) => may(() => log.read(options)), write: (changes) => may(() => log.write(changes)) }
}

const keyOf = ({ lane, sequence }: SpendingEntry): string => `${lane} ${sequence}`
const paidBy = (noted: Iterable<SpendingEntry>): bigint =>
  [...noted].reduce((sum, { outcome }) => sum + (outcome.type === 'pending' ? 0n : outcome.cost), 0n)

async function opened(log: SpendingLog, most = 1_000): Promise<SpendingBook> {
  const book = spendingBook({ clock: systemClock, logger: silentLogger, limits: { entries: most, sums: most } })
  await book.open(log)
  return book
}

async function eventually(book: SpendingBook): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await book.stored()
    } catch (error) {
      if (tries === 100) throw error
    }
  }
}

interface Run {
  readonly book: SpendingBook
  readonly life: { isOver: boolean }
}

type Faults = ('before' | 'after' | undefined)[]

async function started(disk: SpendingLog, faults: Faults): Promise<Run> {
  const life = { isOver: false }
  return { life, book: await opened(faulty(disk, faults, life)) }
}

/** What was not written is found again, as by the receipts of the journal. */
async function restarted(
  { life }: Run,
  disk: SpendingLog,
  faults: Faults,
  noted: ReadonlyMap<string, SpendingEntry>,
): Promise<Run> {
  life.isOver = true
  const run = await started(disk, faults)
  for (const entry of noted.values()) run.book.note(entry)
  for (const entry of (await disk.read()).entries) if (!noted.has(keyOf(entry))) run.book.drop(entry)
  return run
}

async function apply(
  step: Exclude<Step, { type: 'kill' }>,
  book: SpendingBook,
  noted: Map<string, SpendingEntry>,
): Promise<void> {
  switch (step.type) {
    case 'note':
      noted.set(keyOf(step.entry), step.entry)
      return book.note(step.entry)
    case 'drop':
      noted.delete(keyOf(step.entry))
      return book.drop(step.entry)
    case 'stored':
      return await eventually(book)
  }
}

describe('a book of spending', () => {
  it('counts every number once, whatever fails, is repeated or is killed between two writes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(steps, { maxLength: 60 }),
        fc.array(fc.constantFrom('before' as const, 'after' as const, undefined), { maxLength: 30 }),
        async (all, drawn) => {
          const disk = memorySpendingLog()
          const faults = [...drawn]
          const noted = new Map<string, SpendingEntry>()
          let run = await started(disk, faults)
          for (const step of all) {
            if (step.type === 'kill') run = await restarted(run, disk, faults, noted)
            else await apply(step, run.book, noted)
          }
          const { book } = run
          await eventually(book)
          expect(book.total.cost).toBe(paidBy(noted.values()))
          const again = await opened(disk)
          expect(again.total.cost).toBe(paidBy(noted.values()))
          expect([...again.entries()].length).toBe(noted.size)
        },
      ),
    )
  })

  it('keeps no more than its limits, and loses nothing of what was paid', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entries, { minLength: 30, maxLength: 120 }), async (all) => {
        const disk = memorySpendingLog()
        const book = await opened(disk, 16)
        const noted = all.map((entry, index) => ({ ...entry, sequence: BigInt(index) }))
        for (const entry of noted) book.note(entry)
        await book.stored()
        const { entries: left, sums } = await disk.read()
        expect(left.length).toBeLessThanOrEqual(16)
        expect(sums.length).toBeLessThanOrEqual(16)
        expect(book.total.cost).toBe(paidBy(noted))
        const again = await opened(disk, 16)
        expect(again.total).toEqual(book.total)
        for (const time of [0n, day, 2n * day, 3n * day]) expect(again.ofDay(time)).toEqual(book.ofDay(time))
      }),
    )
  })

  it('drops what an earlier run wrote, although it could not be read yet', async () => {
    const disk = memorySpendingLog()
    const outcome = { type: 'succeeded', hash: '0x1', work: 1n, cost: 397n, block: 1n } as const
    const entry: SpendingEntry = { lane: 'a', sequence: 10n, cause: undefined, time: 1n, outcome }
    const before = await opened(disk)
    before.note(entry)
    await before.stored()
    const book = await opened(faulty(disk, ['before']))
    book.drop(entry)
    await eventually(book)
    expect(book.total.cost).toBe(0n)
    expect((await disk.read()).entries).toEqual([])
  })

  it('goes on without a log that cannot be read, and adds to it once it can', async () => {
    const disk = memorySpendingLog()
    const entry: SpendingEntry = {
      lane: 'a',
      sequence: 1n,
      cause: undefined,
      time: 5n,
      outcome: { type: 'succeeded', hash: '0x1', work: 1n, cost: 7n, block: 1n },
    }
    const first = await opened(disk)
    first.note(entry)
    await first.stored()
    const second = await opened(faulty(disk, ['before', 'before']))
    expect(second.total.cost).toBe(0n)
    second.note({ ...entry, sequence: 2n })
    await eventually(second)
    expect(second.total.cost).toBe(14n)
    expect((await opened(disk)).total.cost).toBe(14n)
  })
})
