import assert from 'node:assert/strict'
import { concludes, describeEvent, modelStateHash, registers, testChannel } from '@perun-watcher/core/testing'
import { rejected } from '../../assert.ts'
import { hears, readUpTo } from '../events.ts'
import type { WatcherCase } from '../types.ts'

const cycles = 80n

/** Events out: in order, at least once, bounded. */
export const tellingCases: readonly WatcherCase[] = [
  {
    name: 'tells the whole course of a dispute in order, with every fact as it is',
    async run({ watcher, chain, cheatInVain }) {
      const channel = testChannel()
      const { eventsSub } = await watcher.startWatching(channel.signed(5n))
      await cheatInVain(channel.signed(1n))
      const fact = await eventsSub.next()
      assert.ok(fact?.type === 'registered', 'the registration is told first')
      assert.deepEqual([fact.channelId, fact.version, fact.finality], [channel.id, 1n, 'seen'])
      assert.equal(fact.timeout, fact.block.timestamp + channel.params.challengeDuration)
      await hears({ eventsSub }, ['registered 5', 'refuted 5'])
      chain.mine({ seconds: 700n, calls: [concludes(channel.signed(5n))] })
      await hears({ eventsSub }, ['concluded 5'])
      for (let depth = 0n; depth <= chain.finalityDepth; depth++) chain.mine()
      const rest = await readUpTo(eventsSub, 'concluded 5 final')
      assert.deepEqual(rest.map(describeEvent), ['registered 1 final', 'registered 5 final', 'concluded 5 final'])
    },
  },
  {
    name: 'tells what a reorg took back, and what was learned from the chain',
    async run({ watcher, chain, store }) {
      const channel = testChannel()
      const watch = await watcher.startWatching(channel.signed(5n))
      chain.mine({ calls: [registers(channel.signed(8n))] })
      const [registered, learned] = [await watch.eventsSub.next(), await watch.eventsSub.next()]
      assert.deepEqual(
        [registered, learned].map((event) => event && describeEvent(event)),
        ['registered 8', 'learned 8'],
      )
      assert.ok(learned?.type === 'learned')
      assert.deepEqual(learned.transaction.state, channel.signed(8n).state)
      assert.deepEqual(learned.transaction.sigs, channel.signed(8n).sigs)
      assert.equal((await store.load(channel.id))?.newest.state.version, 8n)
      chain.reorg(1)
      await hears(watch, ['removed registered 8'])
    },
  },
  {
    name: 'tells when a state is in danger',
    async run({ watcher, chain }) {
      const child = testChannel({ kind: 'sub', funds: 10n })
      const parent = testChannel()
      const watch = await watcher.startWatching(parent.signed(3n, { locks: [child] }))
      chain.mine({ calls: [registers(parent.signed(1n))] })
      const [, danger] = await readUpTo(watch.eventsSub, 'endangered sub-channel-unknown')
      assert.ok(danger?.type === 'endangered')
      assert.deepEqual([danger.version, danger.registeredVersion], [3n, 1n])
      assert.ok(danger.secondsLeft !== undefined && danger.secondsLeft <= parent.params.challengeDuration)
      assert.ok(danger.detail.includes(child.id), 'it says which channel is missing')
    },
  },
  {
    name: 'asks for a state that stands on the chain and that nobody gave it, and takes it',
    async run({ watcher, chain, until }) {
      const [parent, child] = [testChannel(), testChannel({ kind: 'sub', funds: 10n })]
      const locks = { locks: [child] }
      const above = await watcher.startWatching(parent.signed(1n, locks))
      const below = await watcher.startWatching(child.signed(1n), { parent: parent.id })
      await above.statesPub.publish(parent.signed(2n, locks))
      const hidden = child.signed(4n)
      const foreign = testChannel({ duration: 0n }).signed(0n, locks)
      const old = registers(parent.signed(1n, locks), [child.signed(1n)], true)
      chain.mine({ calls: [old, registers(foreign, [hidden], true), concludes(foreign, [hidden])] })
      const needed = (await readUpTo(below.eventsSub, 'stateNeeded 4')).at(-1)
      assert.ok(needed?.type === 'stateNeeded')
      assert.equal(needed.channelId, child.id)
      assert.equal(needed.stateHash, modelStateHash(hidden.state), 'it says which of several with its version')
      assert.equal(needed.deadline, chain.dispute(parent.id)?.timeout)
      assert.ok(needed.secondsLeft !== undefined && needed.secondsLeft <= parent.params.challengeDuration)
      await below.statesPub.publish(hidden)
      await until(() => chain.sent.length > 0)
      chain.mine()
      assert.equal(chain.dispute(parent.id)?.version, 2n)
    },
  },
  {
    name: 'gives up older facts for newer ones where the reader is slow',
    async run({ watcher, chain, cheatInVain }) {
      const channel = testChannel()
      const { statesPub, eventsSub } = await watcher.startWatching(channel.signed(0n))
      for (let cycle = 1n; cycle <= cycles; cycle++) {
        await statesPub.publish(channel.signed(2n * cycle))
        await cheatInVain(channel.signed(2n * cycle - 1n))
        chain.reorg(2)
      }
      const last = 2n * cycles + 2n
      await statesPub.publish(channel.signed(last))
      await cheatInVain(channel.signed(last - 1n))
      const heard = await readUpTo(eventsSub, `refuted ${last}`)
      assert.ok(heard.length < Number(cycles) * 4, `${heard.length} events waited: nothing gave way`)
      const told = heard.map(describeEvent)
      for (const version of [last - 1n, last])
        assert.ok(told.includes(`registered ${version}`), 'the newest facts are told')
      const versions = heard.flatMap((event) => (event.type === 'registered' ? [event.version] : []))
      assert.deepEqual(
        versions,
        versions.toSorted((a, b) => Number(a - b)),
        'in order',
      )
    },
  },
  {
    name: 'loses no event when the wait for it is given up',
    async run({ watcher, cheatInVain }) {
      const channel = testChannel()
      const { eventsSub } = await watcher.startWatching(channel.signed(5n))
      const reason = new Error('enough')
      await rejected(eventsSub.next({ signal: AbortSignal.abort(reason) }), reason, 'next')
      const controller = new AbortController()
      const waiting = eventsSub.next({ signal: controller.signal })
      controller.abort(reason)
      await rejected(waiting, reason, 'a next that waits')
      await cheatInVain(channel.signed(1n))
      await rejected(eventsSub.next({ signal: AbortSignal.abort(reason) }), reason, 'next')
      await hears({ eventsSub }, ['registered 1', 'registered 5', 'refuted 5'])
    },
  },
]
