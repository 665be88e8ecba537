import assert from 'node:assert/strict'
import { historyWith, noHistory } from '@perun-watcher/core/adapter'
import { refused } from '../../assert.ts'
import { historyOf, summariesOf } from '../contents.ts'
import { alice, attempt, bob, keptOf, record, sample } from '../samples.ts'
import { ledgerId, type StoreCase } from '../types.ts'

/** What one channel is. */
export const contractCases: readonly StoreCase[] = [
  {
    name: 'starts empty, at a place of its own',
    async run({ open, openElsewhere }) {
      const used = await open()
      await used.commit([sample(1).create(1n), { type: 'putCursor', ledger: ledgerId, blockNumber: 1n }])
      await used.journal(ledgerId).putAttempt(attempt('aa', 1n))
      const store = await openElsewhere()
      assert.deepEqual(await summariesOf(store), [], 'a new store lists no channel')
      assert.equal(await store.load(sample(1).id), undefined, 'a new store knows no channel')
      assert.equal(await store.cursor(ledgerId), undefined, 'a new store has no cursor')
      assert.deepEqual(await store.journal(ledgerId).attempts(), [], 'a new store has no transactions')
    },
  },
  {
    name: 'declares what it can do',
    async run({ open }) {
      const { capabilities } = await open()
      assert.equal(typeof capabilities.durable, 'boolean', '`capabilities.durable` is true or false')
    },
  },
  {
    name: 'keeps a new channel as it was given, and nothing else of it',
    async run({ open }) {
      const store = await open()
      const [channel, parent] = [sample(1), sample(2)]
      await store.commit([channel.create(1n, { parents: [parent.id], clients: [alice, bob] })])
      assert.deepEqual(await store.load(channel.id), {
        params: channel.params,
        parents: [parent.id],
        clients: [alice, bob],
        newest: channel.held(1n),
        older: [],
        history: { states: 0, bytes: 0, locks: [] },
        otherLines: [],
        records: [],
      })
      assert.equal(await store.load(parent.id), undefined, 'a channel that was only named is not stored')
    },
  },
  {
    name: 'refuses to create a channel that exists',
    async run({ open }) {
      const store = await open()
      await store.commit([sample(1).create(5n)])
      await refused(store.commit([sample(1).create(9n)]), ['STORE_STALE_WRITE'], 'creating a channel again')
      assert.equal((await store.load(sample(1).id))?.newest.state.version, 5n, 'the channel stays as it was')
    },
  },
  {
    name: 'takes a newest state only if it is newer',
    async run({ open }) {
      const store = await open()
      const channel = sample(1)
      await store.commit([channel.create(4n)])
      for (const version of [4n, 3n, 0n]) {
        await refused(store.commit([channel.newest(version)]), ['STORE_STALE_WRITE'], `version ${version} after 4`)
      }
      await store.commit([channel.newest(5n)])
      assert.deepEqual((await store.load(channel.id))?.newest, channel.held(5n))
    },
  },
  {
    name: 'refuses to change a channel that it does not have',
    async run({ open }) {
      const store = await open()
      const { id, held, newest } = sample(1)
      const changes = [
        newest(1n),
        { type: 'putLinks', id, parents: [], clients: [] },
        { type: 'putKept', id, line: 0, held: held(1n) },
        { type: 'putOlder', id, line: 0, older: [] },
        { type: 'dropKept', id, line: 0, states: [] },
        { type: 'createLine', id, line: 1, clients: [], newest: held(1n) },
        { type: 'putRecord', id, ledger: ledgerId, record: record(1n) },
        { type: 'putMailbox', id, client: alice, mailbox: { lastSequence: 0n, events: [] } },
      ] as const
      for (const change of changes) {
        await refused(store.commit([change]), ['CHANNEL_UNKNOWN'], `${change.type} of an unknown channel`)
      }
      assert.deepEqual(await summariesOf(store), [], 'nothing was written')
    },
  },
  {
    name: 'changes what a change names and nothing else',
    async run({ open }) {
      const store = await open()
      const channel = sample(1)
      const { id, held } = channel
      await store.commit([channel.create(3n)])
      let expected = await store.load(id)
      assert.ok(expected, 'the channel is stored')
      const steps = [
        [{ type: 'putKept', id, line: 0, held: held(2n) }, { history: historyWith(noHistory, held(2n)) }],
        [{ type: 'putOlder', id, line: 0, older: [held(2n)] }, { older: [held(2n)] }],
        [
          { type: 'putRecord', id, ledger: ledgerId, record: record(1n) },
          { records: [{ ledger: ledgerId, record: record(1n) }] },
        ],
        [
          { type: 'putLinks', id, parents: [sample(2).id], clients: [] },
          { parents: [sample(2).id], clients: [] },
        ],
        [channel.newest(9n), { newest: held(9n) }],
        [{ type: 'putOlder', id, line: 0, older: [] }, { older: [] }],
        [{ type: 'dropKept', id, line: 0, states: [keptOf(held(2n))] }, { history: noHistory }],
      ] as const
      for (const [change, patch] of steps) {
        await store.commit([change])
        expected = { ...expected, ...patch }
        assert.deepEqual(await store.load(id), expected, `after ${change.type}`)
      }
    },
  },
  {
    name: 'remembers that somebody looked for a record, also where there was none',
    async run({ open }) {
      const store = await open()
      const channel = sample(1)
      await store.commit([channel.create(1n)])
      await store.commit([{ type: 'putRecord', id: channel.id, ledger: ledgerId, record: undefined }])
      const loaded = await store.load(channel.id)
      const records = [{ ledger: ledgerId, record: undefined }]
      assert.deepEqual(loaded?.records, records)
      assert.deepEqual((await summariesOf(store))[0]?.records, records, 'the summary says so too')
    },
  },
  {
    name: 'removes a channel with everything that belongs to it',
    async run({ open }) {
      const store = await open()
      const channel = sample(1)
      const { id, held } = channel
      const mailbox = { lastSequence: 3n, events: [] }
      await store.commit([
        channel.create(3n),
        { type: 'putKept', id, line: 0, held: held(2n) },
        { type: 'putOlder', id, line: 0, older: [held(2n)] },
        { type: 'createLine', id, line: 1, clients: [alice], newest: held(4n) },
        { type: 'putKept', id, line: 1, held: held(1n) },
        { type: 'putMailbox', id, client: alice, mailbox },
        sample(2).create(1n),
      ])
      await store.commit([{ type: 'removeChannel', id }])
      assert.equal(await store.load(id), undefined)
      assert.deepEqual(
        (await summariesOf(store)).map((summary) => summary.id),
        [sample(2).id],
      )
      await store.commit([channel.create(1n)])
      assert.equal(await store.mailbox(id, alice), undefined, 'no mailbox comes back with the channel')
      const again = await store.load(id)
      assert.deepEqual([again?.older, again?.otherLines], [[], []], 'no line and no older state comes back')
      assert.deepEqual(await historyOf(store, id), [], 'no history comes back')
      await store.commit([{ type: 'createLine', id, line: 1, clients: [], newest: held(4n) }])
      assert.deepEqual(await historyOf(store, id, 1), [], 'nor does that of a line')
      await store.commit([{ type: 'removeChannel', id: sample(99).id }])
    },
  },
]
