import assert from 'node:assert/strict'
import { testChannel } from '@perun-watcher/core/testing'
import { refused, rejected } from '../../assert.ts'
import { later } from '../../patience.ts'
import { hears, hearsNothing } from '../events.ts'
import type { WatcherCase } from '../types.ts'

const closed = ['WATCHER_CLOSED'] as const

/** Callers that give up, and shutdown. */
export const endCases: readonly WatcherCase[] = [
  {
    name: 'rejects a call whose signal is aborted with the reason of the signal, and stays usable',
    async run({ watcher, store }) {
      const channel = testChannel()
      const reason = new Error('enough')
      const options = { signal: AbortSignal.abort(reason) }
      await rejected(watcher.startWatching(channel.signed(1n), options), reason, 'startWatching')
      const { statesPub } = await watcher.startWatching(channel.signed(1n))
      await rejected(statesPub.publish(channel.signed(2n), options), reason, 'publish')
      await rejected(watcher.stopWatching(channel.id, options), reason, 'stopWatching')
      await statesPub.publish(channel.signed(3n))
      assert.equal((await store.load(channel.id))?.newest.state.version, 3n)
      await watcher.stopWatching(channel.id)
    },
  },
  {
    name: 'ends all handles without an error when it is shut down, and refuses every later call',
    async run({ watcher, store }) {
      const [channel, other] = [testChannel(), testChannel()]
      const { statesPub, eventsSub } = await watcher.startWatching(channel.signed(5n))
      const loop = later(hearsNothing(eventsSub))
      await statesPub.publish(channel.signed(6n))
      await Promise.all([watcher.shutdown(), watcher.shutdown()])
      await watcher[Symbol.asyncDispose]()
      await loop
      assert.equal(eventsSub.error, undefined)
      await refused(statesPub.publish(channel.signed(7n)), [...closed, 'WATCH_ENDED'], 'publish')
      await refused(watcher.startWatching(other.signed(1n)), closed, 'startWatching')
      await refused(watcher.stopWatching(channel.id), closed, 'stopWatching')
      const stored = await store.load(channel.id)
      assert.deepEqual([stored?.newest.state.version, stored?.clients.length], [6n, 1], 'nothing is forgotten')
    },
  },
  {
    name: 'finishes the disputes in flight before it is shut down, as long as the signal allows',
    needs: ['own engine'],
    async run({ place, watcher, chain, cheat }) {
      const channel = testChannel()
      const watch = await watcher.startWatching(channel.signed(5n))
      await cheat(channel.signed(1n))
      const closing = later(watcher.shutdown())
      const reading = later(hears(watch, ['registered 1', 'registered 5', 'refuted 5']))
      chain.mine()
      await closing
      await reading
      assert.equal(chain.dispute(channel.id)?.version, 5n)
      await place.restart()
      const again = place.watcher(0)
      const other = testChannel()
      await again.startWatching(other.signed(5n))
      await cheat(other.signed(1n))
      const reason = new Error('no time')
      await rejected(again.shutdown({ signal: AbortSignal.abort(reason) }), reason, 'a bounded shutdown')
    },
  },
  {
    name: 'is guarded further after a shutdown of the client alone',
    needs: ['engine elsewhere'],
    async run({ place, watcher, chain, cheatInVain }) {
      const channel = testChannel()
      await watcher.startWatching(channel.signed(5n))
      await watcher.shutdown()
      await cheatInVain(channel.signed(1n))
      assert.equal(chain.dispute(channel.id)?.version, 5n)
      await place.crash(0)
      const watch = await place.watcher(0).startWatching(channel.signed(5n))
      await hears(watch, ['registered 1', 'registered 5', 'refuted 5'])
    },
  },
]
