import { type Block, parseBlockHash } from '@perun-watcher/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../../src/index.ts'
import { type Job, newJob } from '../../../src/transactions/lane/job.ts'
import { type LaneBook, laneBook } from '../../../src/transactions/lane/lane-book.ts'
import { transactionHash } from '../../../src/transactions/lane/signed-transaction.ts'
import { type Attempt, newSlot } from '../../../src/transactions/lane/slot.ts'

const head: Block = { number: 1n, hash: parseBlockHash(`0x${'aa'.repeat(32)}`), timestamp: 1n }
const to = parseAddress(`0x${'c0'.repeat(20)}`)
const call = { to, data: '0x01', gas: 100n } as const
const fees = { maxFeePerGas: 5n, maxPriorityFeePerGas: 1n }

const attempt = (fields: Partial<Attempt> = {}): Attempt => ({
  hash: transactionHash('0x02'),
  raw: '0x02',
  fees,
  call,
  cancels: false,
  cause: undefined,
  isStored: true,
  isTried: true,
  isAside: false,
  isTooDear: false,
  acceptedAt: 3n,
  ...fields,
})

const job = (deadline = 100n, data: `0x${string}` = '0x01'): Job => newJob({ to, data, deadline }, {}, () => undefined)

const newBook = (chainNonce = 0n): LaneBook => laneBook({ chainNonce, slots: [] })

const operation = fc.oneof(
  fc.record({ type: fc.constant('add' as const), skip: fc.bigInt(0n, 3n) }),
  fc.record({ type: fc.constant('observe' as const), count: fc.bigInt(0n, 30n) }),
  fc.record({ type: fc.constant('abandon' as const), nonce: fc.bigInt(0n, 30n) }),
  fc.record({ type: fc.constant('release' as const) }),
  fc.record({ type: fc.constant('forget' as const), nonce: fc.bigInt(0n, 30n) }),
)

type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

function apply(book: LaneBook, now: Operation): void {
  switch (now.type) {
    case 'add':
      book.add(newSlot(book.next + now.skip, { call, mayBeKnown: true }))
      break
    case 'observe':
      book.observe(now.count, head)
      break
    case 'abandon':
      book.abandon(now.nonce)
      break
    case 'release':
      book.releaseTop()
      break
    case 'forget':
      // Only what blocks have spent becomes final.
      if (now.nonce < book.chainNonce) book.forget(now.nonce)
  }
}

function expectWhole(book: LaneBook): void {
  const held = new Set(book.slots().map(({ nonce }) => nonce))
  expect(book.next >= book.chainNonce).toBe(true)
  for (let nonce = book.chainNonce; nonce < book.next; nonce++) expect(held.has(nonce)).toBe(true)
  for (const { nonce, status } of book.slots()) {
    expect(status.type === 'waiting', `nonce ${nonce}`).toBe(nonce >= book.chainNonce)
  }
}

describe('the book of a lane', () => {
  it('never leaves a nonce alone that would block a later one', () => {
    fc.assert(
      fc.property(fc.array(operation), (operations) => {
        const book = newBook()
        for (const now of operations) {
          apply(book, now)
          book.fillGaps()
          expectWhole(book)
        }
      }),
    )
  })

  it('gives back the nonces that nothing was sent for, and no others', () => {
    const book = newBook(4n)
    book.add(newSlot(4n, { mayBeKnown: true }))
    book.add(newSlot(5n))
    book.add(newSlot(6n, { call, job: job() }))
    book.add(newSlot(7n))
    book.releaseTop()
    expect(book.next).toBe(7n)
    book.abandon(6n)
    book.releaseTop()
    expect(book.next).toBe(5n)
  })

  it('sends anew what a reorg took out of the chain', () => {
    const book = newBook()
    book.add(newSlot(0n, { call, attempts: [attempt()] }))
    book.observe(1n, head)
    expect(book.get(0n)?.status).toMatchObject({ type: 'spent', heads: 0 })
    book.observe(0n, head)
    expect(book.get(0n)).toMatchObject({ status: { type: 'waiting' }, attempts: [{ acceptedAt: undefined }] })
  })

  it('does not believe a count that cannot be', () => {
    const book = newBook(10n)
    book.observe(266n, head)
    expect(() => book.observe(600n, head)).toThrow(expect.objectContaining({ code: 'CHAIN_DATA_INVALID' }))
    expect(book.next).toBe(266n)
  })

  it('lets a job wait for the same call only, and only where nobody waits', () => {
    const book = newBook()
    book.add(newSlot(0n, { call, job: job() }))
    book.add(newSlot(1n, { call: { ...call, data: '0x02' } }))
    book.add(newSlot(2n, { call }))
    const second = job(200n)
    expect(book.adopt(second, 50n)).toBe(true)
    expect(book.slotOf(second)).toMatchObject({ nonce: 2n, window: { start: 50n, deadline: 200n } })
    expect(book.adopt(job(), 50n)).toBe(false)
  })

  it('knows what has expired, and what the others may cost', () => {
    const book = newBook()
    book.add(newSlot(0n, { call, window: { start: 0n, deadline: 10n }, attempts: [attempt()] }))
    book.add(
      newSlot(1n, {
        call,
        window: { start: 0n, deadline: 20n },
        attempts: [attempt(), attempt({ fees: { ...fees, maxFeePerGas: 7n } })],
      }),
    )
    book.add(newSlot(2n, { call, attempts: [attempt()] }))
    expect(book.expired(10n).map(({ nonce }) => nonce)).toEqual([0n])
    expect(book.reserved()).toBe(500n + 700n + 500n)
    expect(book.reserved(1n)).toBe(1_000n)
    book.observe(1n, head)
    expect(book.expired(30n).map(({ nonce }) => nonce)).toEqual([1n])
    expect(book.reserved()).toBe(1_200n)
  })

  it('forgets from the lowest nonce on, without a hole', () => {
    const book = newBook()
    for (const nonce of [0n, 1n, 2n]) book.add(newSlot(nonce))
    const isFinal = new Set([0n, 2n])
    expect(book.finalSlots(({ nonce }) => isFinal.has(nonce)).map(({ nonce }) => nonce)).toEqual([0n])
    expect(book.finalSlots(() => true)).toHaveLength(3)
  })

  it('does not believe a node that counts less than what is final', () => {
    const book = newBook()
    for (const nonce of [0n, 1n]) book.add(newSlot(nonce, { call, attempts: [attempt()] }))
    book.observe(2n, head)
    book.forget(1n)
    // What comes again for an older nonce changes nothing.
    book.forget(0n)
    book.observe(0n, head)
    expect(book.chainNonce).toBe(2n)
    expect(book.next).toBe(2n)
  })
})
