import assert from 'node:assert/strict'
import type { OtherLine, Store, StoreChange } from '@perun-watcher/core/adapter'
import { refused } from '../../assert.ts'
import { historyOf } from '../contents.ts'
import { alice, bob, keptOf, type Sample, sample } from '../samples.ts'
import type { StoreCase } from '../types.ts'

const channel = sample(1)
const { id, held } = channel

const line = (number: number, version: bigint, clients: OtherLine['clients'] = [alice]): StoreChange => ({
  type: 'createLine',
  id,
  line: number,
  clients,
  newest: held(version),
})

const kept = (number: number, version: bigint): StoreChange => ({
  type: 'putKept',
  id,
  line: number,
  held: held(version),
})

const versionsOf = async (store: Store, of: Sample): Promise<readonly (bigint | undefined)[]> => {
  const loaded = await store.load(of.id)
  return [loaded?.newest, ...(loaded?.otherLines.map(({ newest }) => newest) ?? [])].map((each) => each?.state.version)
}

/** States with other funds: each line is for itself. */
export const lineCases: readonly StoreCase[] = [
  {
    name: 'keeps the states of each line apart',
    async run({ open }) {
      const store = await open()
      await store.commit([channel.create(9n), line(1, 3n), line(2, 5n, [alice, bob])])
      await store.commit([
        channel.newest(4n, 1),
        kept(0, 1n),
        kept(1, 2n),
        kept(2, 1n),
        { type: 'putOlder', id, line: 1, older: [held(2n)] },
      ])
      const loaded = await store.load(id)
      assert.deepEqual(await versionsOf(store, channel), [9n, 4n, 5n])
      assert.deepEqual(
        loaded?.otherLines.map(({ number, clients }) => [number, clients]),
        [
          [1, [alice]],
          [2, [alice, bob]],
        ],
      )
      assert.deepEqual(
        [loaded?.older, loaded?.otherLines[0]?.older, loaded?.otherLines[1]?.older],
        [[], [held(2n)], []],
      )
      for (const [number, version] of [
        [0, 1n],
        [1, 2n],
        [2, 1n],
      ] as const) {
        assert.deepEqual(await historyOf(store, id, number), [held(version)], `the history of line ${number}`)
        assert.deepEqual(await store.kept(id, number, version, held(version).hash), held(version))
        assert.equal(await store.kept(id, number, 3n - version, held(3n - version).hash), undefined, 'no other line’s')
      }
    },
  },
  {
    name: 'takes a newest state of a line only if it is newer than that of the line',
    async run({ open }) {
      const store = await open()
      await store.commit([channel.create(9n), line(1, 3n)])
      await refused(store.commit([channel.newest(3n, 1)]), ['STORE_STALE_WRITE'], 'the same version')
      await store.commit([channel.newest(4n, 1)])
      await refused(store.commit([channel.newest(5n)]), ['STORE_STALE_WRITE'], 'an old version of the first line')
      assert.deepEqual(await versionsOf(store, channel), [9n, 4n])
    },
  },
  {
    name: 'refuses to create a line that exists, and to change one that does not',
    async run({ open }) {
      const store = await open()
      await store.commit([channel.create(9n), line(1, 3n)])
      await refused(store.commit([line(1, 8n)]), ['STORE_STALE_WRITE'], 'creating a line again')
      await refused(store.commit([line(0, 10n)]), ['STORE_STALE_WRITE'], 'creating the first line')
      const changes: readonly StoreChange[] = [
        channel.newest(10n, 2),
        kept(2, 1n),
        { type: 'putOlder', id, line: 2, older: [] },
        { type: 'dropKept', id, line: 2, states: [keptOf(held(1n))] },
        { type: 'putLineClients', id, line: 2, clients: [] },
        { type: 'removeLine', id, line: 2 },
        { type: 'removeLine', id, line: 0 },
      ]
      for (const change of changes) {
        await refused(store.commit([change]), ['CHANNEL_UNKNOWN'], `${change.type} of a line that does not exist`)
      }
      assert.deepEqual(await versionsOf(store, channel), [9n, 3n])
      assert.equal(await store.kept(id, 2, 1n, undefined), undefined)
      assert.deepEqual(await historyOf(store, id, 2), [])
    },
  },
  {
    name: 'removes a line with all its states, and no other',
    async run({ open }) {
      const store = await open()
      await store.commit([channel.create(9n), line(1, 3n), line(2, 5n), kept(0, 1n), kept(1, 1n), kept(2, 1n)])
      await store.commit([{ type: 'removeLine', id, line: 1 }])
      assert.deepEqual(await versionsOf(store, channel), [9n, 5n])
      assert.deepEqual(await historyOf(store, id, 1), [])
      assert.equal(await store.kept(id, 1, 1n, undefined), undefined)
      assert.deepEqual(await historyOf(store, id, 0), [held(1n)])
      assert.deepEqual(await historyOf(store, id, 2), [held(1n)])
      await store.commit([line(1, 2n)])
      assert.deepEqual(await historyOf(store, id, 1), [], 'nothing comes back with a new line of the same number')
      await store.commit([{ type: 'removeLine', id, line: 1 }, line(1, 0n), kept(1, 1n)])
      assert.deepEqual(await historyOf(store, id, 1), [held(1n)], 'a later change of a commit sees the earlier ones')
    },
  },
  {
    name: 'leaves the clients of a line as they are, whoever comes or goes',
    async run({ open }) {
      const store = await open()
      await store.commit([channel.create(9n, { clients: [alice, bob] }), line(1, 3n, [alice, bob]), line(2, 3n, [bob])])
      const clientsOf = async (): Promise<unknown> =>
        (await store.load(id))?.otherLines.map(({ number, clients }) => [number, clients])
      await store.commit([{ type: 'putLineClients', id, line: 2, clients: [alice, bob] }])
      assert.deepEqual(await clientsOf(), [
        [1, [alice, bob]],
        [2, [alice, bob]],
      ])
      await store.commit([{ type: 'putLinks', id, parents: [], clients: [bob] }])
      assert.deepEqual(await clientsOf(), [
        [1, [alice, bob]],
        [2, [alice, bob]],
      ])
      await store.commit([{ type: 'putLineClients', id, line: 1, clients: [] }])
      await store.commit([{ type: 'putLinks', id, parents: [], clients: [] }])
      assert.deepEqual(await clientsOf(), [
        [1, []],
        [2, [alice, bob]],
      ])
    },
  },
]
