import assert from 'node:assert/strict'
import { describeEvent, testChannel } from '@perun-watcher/core/testing'
import { refused } from '../../assert.ts'
import { later } from '../../patience.ts'
import { hears, readUpTo } from '../events.ts'
import type { WatcherCase } from '../types.ts'

/** Clients and engines die and come back. */
export const returningCases: readonly WatcherCase[] = [
  {
    name: 'guards a channel while its client is away, and tells it then what it missed',
    async run({ place, watcher, chain, cheatInVain }) {
      const channel = testChannel()
      await watcher.startWatching(channel.signed(5n))
      await place.crash(0)
      await cheatInVain(channel.signed(1n))
      assert.equal(chain.dispute(channel.id)?.version, 5n)
      const watch = await place.watcher(0).startWatching(channel.signed(5n))
      await hears(watch, ['registered 1', 'registered 5', 'refuted 5'])
    },
  },
  {
    name: 'tells again what a client had not handled when it crashed, and nothing else',
    async run({ place, watcher, cheatInVain }) {
      const channel = testChannel()
      const before = await watcher.startWatching(channel.signed(5n))
      await cheatInVain(channel.signed(1n))
      // Asking for the second event means that the first one is handled.
      await hears(before, ['registered 1', 'registered 5'])
      // Once a later call is answered, the engine knows what was handled.
      await before.statesPub.publish(channel.signed(6n))
      await place.crash(0)
      const after = await place.watcher(0).startWatching(channel.signed(6n))
      await hears(after, ['registered 5', 'refuted 5'])
    },
  },
  {
    name: 'tells again what was not handled when the engine died, and nothing else',
    async run({ place, watcher, cheatInVain }) {
      const channel = testChannel({ duration: 6_000n })
      const before = await watcher.startWatching(channel.signed(5n))
      await cheatInVain(channel.signed(1n))
      await hears(before, ['registered 1', 'registered 5', 'refuted 5'])
      await before.statesPub.publish(channel.signed(6n))
      await place.restart()
      const after = await place.watcher(0).startWatching(channel.signed(6n))
      await hears(after, ['refuted 5'])
      await after.statesPub.publish(channel.signed(7n))
    },
  },
  {
    name: 'stops a channel of an earlier run by its id alone',
    async run({ place, watcher, store }) {
      const channel = testChannel()
      await watcher.startWatching(channel.signed(5n))
      await place.crash(0)
      await place.restart()
      await place.watcher(0).stopWatching(channel.id)
      assert.equal(await store.load(channel.id), undefined, 'the channel is forgotten')
      await refused(place.watcher(0).stopWatching(channel.id), ['CHANNEL_UNKNOWN'], 'a second stop')
    },
  },
  {
    name: 'goes on with the same handles after the connection was lost',
    needs: ['cut'],
    async run({ place, watcher, store, cheatInVain }) {
      const channel = testChannel()
      const watch = await watcher.startWatching(channel.signed(0n))
      const reading = later(readUpTo(watch.eventsSub, 'refuted 5'))
      await place.cut?.(0)
      await Promise.all([1n, 3n, 5n].map((version) => watch.statesPub.publish(channel.signed(version))))
      assert.equal((await store.load(channel.id))?.newest.state.version, 5n)
      await place.cut?.(0)
      await cheatInVain(channel.signed(1n))
      // After a lost connection a fact may be told twice: from its log, and from the record that is read afterwards.
      const told = new Set((await reading).map(describeEvent))
      assert.deepEqual([...told], ['registered 1', 'registered 5', 'refuted 5'])
      await place.cut?.(0)
      await watcher.stopWatching(channel.id)
      for await (const event of watch.eventsSub) assert.ok(told.has(describeEvent(event)), 'told again at most')
      assert.equal(watch.eventsSub.error, undefined)
    },
  },
]
