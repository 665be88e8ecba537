import assert from 'node:assert/strict'
import type { StoreChange } from '@perun-watcher/core/adapter'
import { refused } from '../../assert.ts'
import { contentOf } from '../contents.ts'
import { alice, sample } from '../samples.ts'
import { ledgerId, type StoreCase } from '../types.ts'

const versionOf = (change: StoreChange): bigint => (change.type === 'putNewest' ? change.held.state.version : -1n)

/** What a commit is: all or nothing, and in the order of the calls. */
export const commitCases: readonly StoreCase[] = [
  {
    name: 'writes all changes of a commit or none',
    async run({ open }) {
      const store = await open()
      const [first, second, unknown] = [sample(1), sample(2), sample(3)]
      await store.commit([first.create(4n), { type: 'putCursor', ledger: ledgerId, blockNumber: 7n }])
      const before = await contentOf(store, [first.id, second.id])
      const wrong = [
        [first.newest(4n), 'STORE_STALE_WRITE'],
        [first.create(9n), 'STORE_STALE_WRITE'],
        [unknown.newest(1n), 'CHANNEL_UNKNOWN'],
      ] as const
      for (const [change, code] of wrong) {
        const around: readonly StoreChange[] = [
          { type: 'putCursor', ledger: ledgerId, blockNumber: 8n },
          second.create(1n),
          { type: 'putMailbox', id: second.id, client: alice, mailbox: { lastSequence: 1n, events: [] } },
        ]
        await refused(
          store.commit([...around, change, { type: 'removeChannel', id: first.id }]),
          [code],
          `a commit with a wrong ${change.type} in its middle`,
        )
        assert.deepEqual(await contentOf(store, [first.id, second.id]), before, 'nothing of a refused commit is there')
        assert.equal(await store.mailbox(second.id, alice), undefined)
      }
    },
  },
  {
    name: 'lets a later change of a commit see the earlier ones',
    async run({ open }) {
      const store = await open()
      const channel = sample(1)
      const { id } = channel
      await store.commit([
        channel.create(1n),
        channel.newest(3n),
        { type: 'putMailbox', id, client: alice, mailbox: { lastSequence: 1n, events: [] } },
        channel.newest(5n),
      ])
      assert.equal((await store.load(id))?.newest.state.version, 5n)
      await refused(store.commit([channel.newest(8n), channel.newest(7n)]), ['STORE_STALE_WRITE'], 'a step back inside')
      assert.equal((await store.load(id))?.newest.state.version, 5n)
      await store.commit([{ type: 'removeChannel', id }, channel.create(0n)])
      assert.equal((await store.load(id))?.newest.state.version, 0n)
      assert.equal(await store.mailbox(id, alice), undefined, 'the mailbox went with the first one')
      await store.commit([sample(2).create(1n), { type: 'removeChannel', id: sample(2).id }])
      assert.equal(await store.load(sample(2).id), undefined)
    },
  },
  {
    name: 'writes a whole family at once',
    async run({ open }) {
      const store = await open()
      const family = Array.from({ length: 40 }, (_, number) => sample(number))
      const [root] = family
      assert.ok(root)
      await store.commit(family.map((channel) => channel.create(1n, { parents: channel === root ? [] : [root.id] })))
      const next = family.map((channel) => channel.newest(2n))
      await refused(store.commit([...next, root.newest(2n)]), ['STORE_STALE_WRITE'], 'a family with one wrong state')
      for (const { id } of family) assert.equal((await store.load(id))?.newest.state.version, 1n)
      await store.commit(next)
      for (const { id } of family) assert.equal((await store.load(id))?.newest.state.version, 2n)
    },
  },
  {
    name: 'lets commits take effect in the order in which they were called',
    async run({ open }) {
      const store = await open()
      const channel = sample(1)
      await store.commit([channel.create(0n)])
      const rising = Array.from({ length: 100 }, (_, index) => channel.newest(BigInt(index + 1)))
      const cursors = rising.map(
        (change) => ({ type: 'putCursor', ledger: ledgerId, blockNumber: versionOf(change) }) as const,
      )
      // Called without waiting for each other: out of order, some of them would be stale.
      await Promise.all(rising.map((change, index) => store.commit([change, ...cursors.slice(index, index + 1)])))
      assert.equal((await store.load(channel.id))?.newest.state.version, 100n)
      assert.equal(await store.cursor(ledgerId), 100n)
    },
  },
  {
    name: 'judges every commit on what is stored when its turn comes',
    async run({ open }) {
      const store = await open()
      const channel = sample(1)
      await store.commit([channel.create(0n)])
      const versions = [5n, 3n, 6n, 6n, 4n, 9n, 7n, 10n]
      const outcomes = await Promise.allSettled(versions.map((version) => store.commit([channel.newest(version)])))
      const taken = versions.filter((_, index) => outcomes[index]?.status === 'fulfilled')
      assert.deepEqual(taken, [5n, 6n, 9n, 10n], 'exactly the versions that were newer in their turn are taken')
      assert.equal((await store.load(channel.id))?.newest.state.version, 10n)
    },
  },
  {
    name: 'does not let a refused commit disturb others that are under way',
    async run({ open }) {
      const store = await open()
      const others = Array.from({ length: 20 }, (_, number) => sample(number))
      const commits = others.flatMap((channel) => [
        store.commit([channel.create(1n)]).then(() => 'written'),
        store.commit([sample(1_000).newest(1n)]).catch(() => 'refused'),
      ])
      const outcomes = await Promise.all(commits)
      assert.deepEqual(
        outcomes,
        others.flatMap(() => ['written', 'refused']),
      )
      for (const { id } of others) assert.ok(await store.load(id), 'a commit beside a refused one is written')
    },
  },
  {
    name: 'takes an empty commit',
    async run({ open }) {
      const store = await open()
      await store.commit([])
    },
  },
]
