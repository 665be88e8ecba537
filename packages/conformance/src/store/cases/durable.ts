import assert from 'node:assert/strict'
import { parseLedgerId } from '@perun-watcher/core'
import { refused } from '../../assert.ts'
import { contentOf } from '../contents.ts'
import { alice, attempt, record, sample } from '../samples.ts'
import { ledgerId, otherLedgerId, type StoreCase } from '../types.ts'

/** What is still there after the store was closed and reopened. */
export const durableCases: readonly StoreCase[] = [
  {
    name: 'finds everything again',
    needs: ['durable'],
    async run({ open }) {
      const first = await open()
      const [channel, other] = [sample(1), sample(2)]
      const { id, held } = channel
      const mailbox = { lastSequence: 4n, events: [] }
      await first.commit([
        channel.create(1n, { parents: [other.id] }),
        other.create(8n),
        channel.newest(3n),
        { type: 'putKept', id, line: 0, held: held(1n) },
        { type: 'putKept', id, line: 0, held: held(2n, { locks: [other] }) },
        { type: 'putOlder', id, line: 0, older: [held(2n, { locks: [other] })] },
        { type: 'createLine', id, line: 1, clients: [alice], newest: held(4n) },
        { type: 'putKept', id, line: 1, held: held(3n) },
        { type: 'putRecord', id, ledger: ledgerId, record: record(1n) },
        { type: 'putMailbox', id, client: alice, mailbox },
        { type: 'putCursor', ledger: ledgerId, blockNumber: 44n },
      ])
      await first.journal(ledgerId).putAttempt(attempt('aa', 1n))
      const before = await contentOf(first, [id, other.id])
      await first.close()
      const second = await open()
      assert.deepEqual(await contentOf(second, [id, other.id]), before)
      assert.deepEqual(await second.mailbox(id, alice), mailbox)
      await refused(second.commit([channel.newest(3n)]), ['STORE_STALE_WRITE'], 'an old version after a restart')
    },
  },
  {
    name: 'belongs to its ledgers for good',
    needs: ['durable'],
    async run({ open, place }) {
      const store = await open([otherLedgerId, ledgerId])
      await store.commit([{ type: 'putCursor', ledger: ledgerId, blockNumber: 7n }])
      await store.close()
      for (const served of [[], [ledgerId], [parseLedgerId('ledger:3')]]) {
        await using other = place.store()
        await refused(other.open(served), ['STORE_OF_ANOTHER_LEDGER'], `opening it for ${served.join(', ') || 'none'}`)
      }
      await using again = place.store()
      await again.open([ledgerId, otherLedgerId])
      assert.deepEqual(again.ledgers, [otherLedgerId, ledgerId], 'it is bound before anybody binds it again')
      assert.equal(await again.cursor(ledgerId), 7n, 'what belongs to a ledger is found under it again')
      assert.equal(await again.cursor(otherLedgerId), undefined)
    },
  },
  {
    name: 'finishes the commits that are under way when it is closed',
    needs: ['durable'],
    async run({ open }) {
      const store = await open()
      const channels = Array.from({ length: 50 }, (_, number) => sample(number))
      const commits = channels.map((channel) => store.commit([channel.create(1n)]))
      await store.close()
      await Promise.all(commits)
      const again = await open()
      for (const { id } of channels) assert.ok(await again.load(id), 'a commit before the close is there after it')
    },
  },
  {
    name: 'does not let a transaction attempt wait behind commits that wait',
    needs: ['durable'],
    async run({ open }) {
      const store = await open()
      const channel = sample(1)
      await store.commit([channel.create(0n)])
      const versions = Array.from({ length: 600 }, (_, number) => BigInt(number) + 1n)
      let written = 0
      const commits = versions.map(async (version) => {
        await store.commit([channel.newest(version)])
        written += 1
      })
      await store.journal(ledgerId).putAttempt(attempt('aa', 1n))
      assert.ok(written < versions.length, 'an attempt is on disk before the last of the commits that came before it')
      await Promise.all(commits)
    },
  },
  {
    name: 'lets nobody else in while it is open',
    needs: ['durable'],
    async run({ open, place }) {
      const store = await open()
      await store.commit([sample(1).create(1n)])
      const second = place.store()
      await refused(second.open([ledgerId]), ['STORE_LOCKED'], 'opening it a second time')
      await second.close()
      await store.commit([sample(1).newest(2n)])
      await store.close()
      await open()
    },
  },
  {
    name: 'says which states are damaged, and keeps the others',
    needs: ['durable', 'damage'],
    async run({ open, place }) {
      const store = await open()
      const channels = Array.from({ length: 20 }, (_, number) => sample(number))
      await store.commit(channels.map((channel) => channel.create(5n)))
      await store.close()
      const [victim] = channels
      assert.ok(victim && place.damage, 'there is something to damage')
      const { hash, sigs } = victim.held(5n)
      // The signature: a hash alone may stand in a summary too.
      await place.damage(Buffer.from((sigs[0] ?? hash).slice(2), 'hex'))
      const again = await open()
      await refused(again.load(victim.id), ['STORE_CORRUPT'], 'loading a damaged state')
      const listed = new Set<string>()
      for await (const { id } of again.summaries()) listed.add(id)
      for (const { id } of channels.slice(1)) {
        assert.equal((await again.load(id))?.newest.state.version, 5n, 'other channels are not hidden')
        assert.ok(listed.has(id), 'other channels are listed')
      }
      await again.commit([sample(50).create(1n)])
    },
  },
]
