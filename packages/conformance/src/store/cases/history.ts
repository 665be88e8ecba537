import assert from 'node:assert/strict'
import { type History, historyWith, historyWithout, noHistory, type StoreChange } from '@perun-watcher/core/adapter'
import { historyOf } from '../contents.ts'
import { keptOf, sample } from '../samples.ts'
import type { StoreCase } from '../types.ts'

const channel = sample(1)
const { id, held } = channel
const kept = (state: ReturnType<typeof held>): StoreChange => ({ type: 'putKept', id, line: 0, held: state })

/** More than a store reads at once, and what is higher or lower in their last bytes only. */
const versions = [...Array.from({ length: 600 }, (_, index) => BigInt(index)), 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n]

/** What is kept besides the newest states. */
export const historyCases: readonly StoreCase[] = [
  {
    name: 'finds a state that is kept by its version and hash, and none that is not',
    async run({ open }) {
      const store = await open()
      const [first, twin] = [held(2n), held(2n, { isFinal: true })]
      await store.commit([channel.create(9n), kept(first), kept(twin), kept(held(3n))])
      assert.deepEqual(await store.kept(id, 0, 2n, first.hash), first)
      assert.deepEqual(await store.kept(id, 0, 2n, twin.hash), twin, 'another state with the same version')
      const any = await store.kept(id, 0, 2n, undefined)
      assert.ok(any?.hash === first.hash || any?.hash === twin.hash, 'without a hash, one of this version')
      assert.equal(await store.kept(id, 0, 3n, first.hash), undefined, 'a hash with another version')
      assert.equal(await store.kept(id, 0, 4n, undefined), undefined, 'a version that is not kept')
      assert.equal(await store.kept(id, 0, 9n, undefined), undefined, 'the newest state, which is not kept besides')
      assert.equal(await store.kept(sample(2).id, 0, 2n, undefined), undefined, 'a channel that is not stored')
      assert.deepEqual(await historyOf(store, sample(2).id), [])
    },
  },
  {
    name: 'lists a history in ascending order of version, however long it is',
    async run({ open }) {
      const store = await open()
      await store.commit([channel.create(9n), sample(2).create(1n)])
      const states = versions.map((version) => held(version))
      await store.commit(states.toReversed().map(kept))
      assert.deepEqual(
        (await historyOf(store, id)).map(({ state }) => state.version),
        versions,
      )
      assert.deepEqual((await historyOf(store, id)).at(-1), states.at(-1))
      assert.deepEqual(await historyOf(store, sample(2).id), [], 'another channel has its own')
    },
  },
  {
    name: 'lists a history while states come and go',
    async run({ open }) {
      const store = await open()
      await store.commit([channel.create(9n), ...versions.map((version) => kept(held(version)))])
      const seen: bigint[] = []
      for await (const { state } of store.history(id, 0)) {
        seen.push(state.version)
        if (state.version % 2n !== 0n || state.version >= 600n) continue
        await store.commit([{ type: 'dropKept', id, line: 0, states: [keptOf(held(state.version))] }])
      }
      assert.deepEqual(seen, versions, 'every state that was there is listed once')
      assert.equal((await historyOf(store, id)).length, versions.length - 300)
    },
  },
  {
    name: 'changes nothing where a state is kept already',
    async run({ open }) {
      const store = await open()
      await store.commit([channel.create(9n), kept(held(2n)), kept(held(2n))])
      const before = await store.load(id)
      assert.deepEqual(before?.history, historyWith(noHistory, held(2n)))
      await store.commit([kept({ ...held(2n), sigs: [] })])
      assert.deepEqual(await store.load(id), before)
      assert.deepEqual(await historyOf(store, id), [held(2n)])
    },
  },
  {
    name: 'drops what it is told to, and passes over what is not kept',
    async run({ open }) {
      const store = await open()
      const [one, two, three] = [held(1n), held(2n, { locks: [sample(2)] }), held(3n)]
      await store.commit([
        channel.create(9n),
        ...[one, two, three].map(kept),
        { type: 'putOlder', id, line: 0, older: [three, two, one] },
      ])
      const all = [one, two, three].reduce<History>(historyWith, noHistory)
      await store.commit([
        { type: 'dropKept', id, line: 0, states: [two, held(5n), two].map(keptOf) },
        { type: 'dropKept', id, line: 0, states: [keptOf(two)] },
      ])
      const loaded = await store.load(id)
      assert.deepEqual(loaded?.older, [three, one], 'it is no older state any more either')
      assert.deepEqual(loaded?.history, historyWithout(all, [keptOf(two)]))
      assert.deepEqual(await historyOf(store, id), [one, three])
      assert.equal(await store.kept(id, 0, 2n, two.hash), undefined)
      await store.commit([{ type: 'dropKept', id, line: 0, states: [one, three].map(keptOf) }, kept(one)])
      assert.deepEqual((await store.load(id))?.history, historyWith(noHistory, one), 'it may be kept again')
      assert.deepEqual((await store.load(id))?.older, [])
    },
  },
  {
    name: 'counts what a history holds and locks',
    async run({ open }) {
      const store = await open()
      const states = [held(1n, { locks: [sample(2)] }), held(2n, { locks: [sample(3), sample(2)] }), held(3n)]
      await store.commit([channel.create(9n)])
      let expected: History = noHistory
      for (const state of states) {
        await store.commit([kept(state)])
        expected = historyWith(expected, state)
        assert.deepEqual((await store.load(id))?.history, expected, `with version ${state.state.version}`)
      }
      await store.commit([{ type: 'dropKept', id, line: 0, states: states.map(keptOf) }])
      assert.deepEqual((await store.load(id))?.history, noHistory, 'empty again')
    },
  },
  {
    name: 'loads the older states as they were put, and nothing else of the history',
    async run({ open }) {
      const store = await open()
      const states = [3n, 2n, 1n].map((version) => held(version, { locks: [sample(2)] }))
      await store.commit([channel.create(9n), kept(held(0n)), ...states.map(kept)])
      assert.deepEqual((await store.load(id))?.older, [], 'what is kept need not be an older state')
      await store.commit([{ type: 'putOlder', id, line: 0, older: states }])
      assert.deepEqual((await store.load(id))?.older, states)
      await store.commit([channel.newest(10n), { type: 'putOlder', id, line: 0, older: states.slice(1) }])
      assert.deepEqual((await store.load(id))?.older, states.slice(1))
      assert.equal((await historyOf(store, id)).length, 4, 'the one that is older no more is still kept')
    },
  },
]
