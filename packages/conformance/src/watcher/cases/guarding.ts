import assert from 'node:assert/strict'
import { testChannel } from '@perun-watcher/core/testing'
import { refused } from '../../assert.ts'
import { later } from '../../patience.ts'
import { hears, hearsNothing, readUpTo } from '../events.ts'
import type { WatcherCase } from '../types.ts'

/** States in, protection out. */
export const guardingCases: readonly WatcherCase[] = [
  {
    name: 'has stored a state when its publish resolves, and the first one when the start does',
    async run({ watcher, store }) {
      const channel = testChannel()
      const { statesPub } = await watcher.startWatching(channel.signed(0n))
      assert.equal((await store.load(channel.id))?.newest.state.version, 0n)
      for (let version = 1n; version <= 20n; version++) {
        await statesPub.publish(channel.signed(version))
        const stored = await store.load(channel.id)
        assert.deepEqual(stored?.newest.state, channel.signed(version).state, 'the state is stored')
        assert.deepEqual(stored?.newest.sigs, channel.signed(version).sigs, 'with its signatures')
      }
    },
  },
  {
    name: 'takes states that are published side by side, the newest of which is stored',
    async run({ watcher, store }) {
      const channel = testChannel()
      const { statesPub } = await watcher.startWatching(channel.signed(0n))
      const versions = Array.from({ length: 30 }, (_, index) => BigInt(index + 1))
      await Promise.all(versions.map((version) => statesPub.publish(channel.signed(version))))
      assert.equal((await store.load(channel.id))?.newest.state.version, 30n)
    },
  },
  {
    name: 'refutes an old state, also with a newer one that is published while the dispute is open',
    async run({ watcher, chain, cheat, mineUntil }) {
      const channel = testChannel()
      const { statesPub, eventsSub } = await watcher.startWatching(channel.signed(5n))
      await cheat(channel.signed(1n))
      await statesPub.publish(channel.signed(6n))
      // An answer that only a publish has outdated may wait, but not until the window is over.
      await mineUntil(() => chain.dispute(channel.id)?.version === 6n)
      await readUpTo(eventsSub, 'refuted 6')
      assert.equal(chain.dispute(channel.id)?.version, 6n)
    },
  },
  {
    name: 'registers the states of channels below along with that of their parent',
    async run({ watcher, chain, cheat }) {
      const child = testChannel({ kind: 'sub', funds: 10n })
      const parent = testChannel()
      const locks = { locks: [child] }
      const watch = await watcher.startWatching(parent.signed(3n, locks))
      const below = await watcher.startWatching(child.signed(0n), { parent: parent.id })
      await below.statesPub.publish(child.signed(4n))
      await cheat(parent.signed(1n, locks), [child.signed(1n)])
      chain.mine()
      await hears(watch, ['registered 1', 'registered 3', 'refuted 3'])
      await hears(below, ['registered 1', 'registered 4', 'refuted 4'])
      assert.equal(chain.dispute(child.id)?.version, 4n)
    },
  },
  {
    name: 'goes on guarding when handles are closed, until the channel is stopped',
    async run({ watcher, chain, store, cheatInVain }) {
      const channel = testChannel()
      const { statesPub, eventsSub } = await watcher.startWatching(channel.signed(5n))
      await statesPub.close()
      await eventsSub.close()
      await refused(statesPub.publish(channel.signed(6n)), ['WATCH_ENDED'], 'a publish after the close')
      assert.equal(await eventsSub.next(), undefined, 'no event after the close')
      await cheatInVain(channel.signed(1n))
      assert.equal(chain.dispute(channel.id)?.version, 5n)
      const last = await watcher.startWatching(channel.signed(5n))
      await hears(last, ['registered 1', 'registered 5', 'refuted 5'])
      await watcher.stopWatching(channel.id)
      assert.equal(await store.load(channel.id), undefined, 'the channel is forgotten')
    },
  },
  {
    name: 'ends the handles of a channel that is stopped',
    async run({ watcher }) {
      const channel = testChannel()
      const { statesPub, eventsSub } = await watcher.startWatching(channel.signed(5n))
      const loop = later(hearsNothing(eventsSub))
      await watcher.stopWatching(channel.id)
      await loop
      assert.equal(eventsSub.error, undefined, 'a stop is no failure')
      await refused(
        statesPub.publish(channel.signed(6n)),
        ['WATCH_ENDED', 'CHANNEL_UNKNOWN'],
        'a publish after the stop',
      )
    },
  },
  {
    name: 'ends the handles of a start by those of the next one',
    async run({ watcher, store, cheatInVain }) {
      const channel = testChannel()
      const old = await watcher.startWatching(channel.signed(5n))
      const fresh = await watcher.startWatching(channel.signed(6n))
      assert.equal((await store.load(channel.id))?.newest.state.version, 6n, 'the newer state is taken')
      assert.equal(await old.eventsSub.next(), undefined)
      assert.equal(old.eventsSub.error, undefined)
      await refused(old.statesPub.publish(channel.signed(7n)), ['WATCH_ENDED'], 'a publish on the old handle')
      const again = await watcher.startWatching(channel.signed(6n))
      assert.equal(await fresh.eventsSub.next(), undefined)
      await again.statesPub.publish(channel.signed(7n))
      await cheatInVain(channel.signed(1n))
      await hears(again, ['registered 1', 'registered 7', 'refuted 7'])
    },
  },
]
