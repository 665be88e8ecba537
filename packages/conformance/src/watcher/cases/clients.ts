import assert from 'node:assert/strict'
import { testChannel } from '@perun-watcher/core/testing'
import { refused } from '../../assert.ts'
import { hears } from '../events.ts'
import type { WatcherCase } from '../types.ts'

/** Several clients of one engine. */
export const clientCases: readonly WatcherCase[] = [
  {
    name: 'serves two clients of one channel: states from either, events to both, and each stops for itself',
    async run({ place, store, cheatInVain }) {
      const [one, two] = [place.watcher(0), place.watcher(1)]
      const channel = testChannel()
      const first = await one.startWatching(channel.signed(1n))
      const second = await two.startWatching(channel.signed(2n))
      await first.statesPub.publish(channel.signed(3n))
      await second.statesPub.publish(channel.signed(4n))
      await cheatInVain(channel.signed(1n))
      for (const watch of [first, second]) await hears(watch, ['registered 1', 'registered 4', 'refuted 4'])
      await one.stopWatching(channel.id)
      assert.equal((await store.load(channel.id))?.clients.length, 1, 'the other one still watches')
      await second.statesPub.publish(channel.signed(5n))
      assert.equal((await store.load(channel.id))?.newest.state.version, 5n)
    },
  },
  {
    name: 'lets nobody stop the channel of another',
    async run({ place, store, cheatInVain }) {
      const [one, two] = [place.watcher(0), place.watcher(1)]
      const channel = testChannel()
      const watch = await one.startWatching(channel.signed(5n))
      await refused(two.stopWatching(channel.id), ['CHANNEL_UNKNOWN'], 'a stop by somebody else')
      assert.equal((await store.load(channel.id))?.clients.length, 1)
      await cheatInVain(channel.signed(1n))
      await hears(watch, ['registered 1', 'registered 5', 'refuted 5'])
    },
  },
  {
    name: 'tells nobody what happens to the channel of another',
    async run({ place, cheatInVain }) {
      const [one, two] = [place.watcher(0), place.watcher(1)]
      const [mine, yours] = [testChannel(), testChannel()]
      const watch = await one.startWatching(mine.signed(5n))
      const other = await two.startWatching(yours.signed(6n))
      await cheatInVain(mine.signed(1n))
      await cheatInVain(yours.signed(2n))
      await hears(watch, ['registered 1', 'registered 5', 'refuted 5'])
      await hears(other, ['registered 2', 'registered 6', 'refuted 6'])
    },
  },
]
