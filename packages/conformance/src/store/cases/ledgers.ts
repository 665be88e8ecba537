import assert from 'node:assert/strict'
import { parseLedgerId } from '@perun-watcher/core'
import { refused } from '../../assert.ts'
import { summariesOf } from '../contents.ts'
import { alice, attempt, blockHash, record, sample } from '../samples.ts'
import { ledgerId, otherLedgerId, type StoreCase } from '../types.ts'

const both = [ledgerId, otherLedgerId] as const
const third = parseLedgerId('ledger:3')

/** What belongs to a ledger, and to none other. */
export const ledgerCases: readonly StoreCase[] = [
  {
    name: 'is bound to a ledger when it is told so, and not by being opened',
    async run({ place }) {
      await using store = place.store()
      assert.deepEqual(store.ledgers, [], 'nothing before it is open')
      await store.open(both)
      assert.deepEqual(store.ledgers, [], 'opening it binds nothing')
      await store.bind(otherLedgerId)
      await store.bind(otherLedgerId)
      assert.deepEqual(store.ledgers, [otherLedgerId])
      await store.bind(ledgerId)
      assert.deepEqual(store.ledgers, [otherLedgerId, ledgerId])
    },
  },
  {
    name: 'is not bound to a ledger that it was not opened for',
    async run({ place }) {
      await using store = place.store()
      await store.open([ledgerId])
      await refused(store.bind(otherLedgerId), ['STORE_OF_ANOTHER_LEDGER'], 'binding it to another ledger')
      assert.deepEqual(store.ledgers, [])
      await store.open(both)
      await store.bind(otherLedgerId)
      assert.deepEqual(store.ledgers, [otherLedgerId], 'opened for more, it takes it')
    },
  },
  {
    name: 'is opened only for all ledgers that it is bound to',
    async run({ open }) {
      const store = await open(both)
      for (const served of [[], [ledgerId], [third], [ledgerId, third]]) {
        await refused(store.open(served), ['STORE_OF_ANOTHER_LEDGER'], `opening it for ${served.join(', ') || 'none'}`)
      }
      await store.open([third, otherLedgerId, ledgerId])
      assert.deepEqual(store.ledgers, both)
    },
  },
  {
    name: 'keeps the records of a channel by their ledgers',
    async run({ open }) {
      const store = await open(both)
      const channel = sample(1)
      const { id } = channel
      await store.commit([
        channel.create(9n),
        { type: 'putRecord', id, ledger: ledgerId, record: record(1n) },
        { type: 'putRecord', id, ledger: otherLedgerId, record: undefined },
      ])
      await store.commit([{ type: 'putRecord', id, ledger: otherLedgerId, record: record(2n) }])
      const records = [
        { ledger: ledgerId, record: record(1n) },
        { ledger: otherLedgerId, record: record(2n) },
      ]
      assert.deepEqual((await store.load(id))?.records, records)
      assert.deepEqual((await summariesOf(store))[0]?.records, records)
    },
  },
  {
    name: 'keeps a cursor for each ledger',
    async run({ open }) {
      const store = await open(both)
      await store.commit([{ type: 'putCursor', ledger: otherLedgerId, blockNumber: 7n }])
      assert.equal(await store.cursor(ledgerId), undefined)
      await store.commit([{ type: 'putCursor', ledger: ledgerId, blockNumber: 8n }])
      assert.deepEqual([await store.cursor(ledgerId), await store.cursor(otherLedgerId)], [8n, 7n])
    },
  },
  {
    name: 'keeps a journal for each ledger: the same account has other sequence numbers there',
    async run({ open }) {
      const store = await open(both)
      const [here, there] = [store.journal(ledgerId), store.journal(otherLedgerId)]
      const [first, second] = [attempt('aa', 1n), attempt('aa', 2n)]
      await here.putAttempt(first)
      assert.deepEqual(await there.attempts(), [])
      await there.putAttempt(first)
      await there.putAttempt(second)
      await here.forgetAttempts(first.lane, 2n)
      assert.deepEqual(await here.attempts(), [])
      const left = (await there.attempts()).toSorted((a, b) => Number(a.sequence - b.sequence))
      assert.deepEqual(left, [first, second], 'what is spent on one ledger is not on the other')
    },
  },
  {
    name: 'keeps with each event in a mailbox where it happened',
    async run({ open }) {
      const store = await open(both)
      const channel = sample(1)
      const { id } = channel
      const events = [otherLedgerId, ledgerId, otherLedgerId].map((ledger, index) => ({
        sequence: BigInt(index + 1),
        ledger,
        event: {
          type: 'registered',
          channelId: id,
          version: 1n,
          timeout: 2n,
          finality: 'seen',
          block: { number: 3n, hash: blockHash, timestamp: 4n },
          transactionHash: undefined,
        } as const,
      }))
      const mailbox = { lastSequence: 3n, events }
      await store.commit([channel.create(1n), { type: 'putMailbox', id, client: alice, mailbox }])
      assert.deepEqual(await store.mailbox(id, alice), mailbox)
    },
  },
]
