import assert from 'node:assert/strict'
import { refused, rejected } from '../../assert.ts'
import { historyOf, summariesOf } from '../contents.ts'
import { alice, attempt, sample } from '../samples.ts'
import { ledgerId, type StoreCase } from '../types.ts'

/** Callers that give up, and stores that are closed. */
export const signalCases: readonly StoreCase[] = [
  {
    name: 'rejects a call whose signal is aborted with the reason of the signal, and stays usable',
    async run({ open, place }) {
      const reason = new Error('enough')
      const options = { signal: AbortSignal.abort(reason) }
      await rejected(place.store().open([ledgerId], options), reason, 'open')
      const store = await open()
      const { id, create, held } = sample(1)
      await store.commit([create(1n), { type: 'putKept', id, line: 0, held: held(0n) }])
      const reading = async (): Promise<void> => {
        for await (const { state } of store.history(id, 0, options)) assert.fail(`history listed ${state.version}`)
      }
      const listing = async (): Promise<void> => {
        for await (const summary of store.summaries(options)) assert.fail(`summaries listed ${summary.id}`)
      }
      await rejected(store.bind(ledgerId, options), reason, 'bind')
      await rejected(store.load(id, options), reason, 'load')
      await rejected(store.kept(id, 0, 1n, undefined, options), reason, 'kept')
      await rejected(reading(), reason, 'history')
      await rejected(store.commit([sample(2).create(1n)], options), reason, 'commit')
      await rejected(listing(), reason, 'summaries')
      await rejected(store.mailbox(id, alice, options), reason, 'mailbox')
      await rejected(store.cursor(ledgerId, options), reason, 'cursor')
      const journal = store.journal(ledgerId)
      await rejected(journal.attempts(options), reason, 'attempts')
      await rejected(journal.putAttempt(attempt('aa', 1n), options), reason, 'putAttempt')
      await rejected(journal.forgetAttempts(attempt('aa', 1n).lane, 1n, options), reason, 'forgetAttempts')
      await store.commit([sample(3).create(1n)])
      assert.ok(await store.load(sample(3).id), 'a later call works')
    },
  },
  {
    name: 'keeps the order of commits although callers give up on some',
    async run({ open }) {
      const store = await open()
      const channel = sample(1)
      await store.commit([channel.create(0n)])
      const reason = new Error('enough')
      const outcomes = Array.from({ length: 30 }, (_, index) => {
        const controller = new AbortController()
        const call = store.commit([channel.newest(BigInt(index + 1))], { signal: controller.signal })
        if (index % 3 === 0) controller.abort(reason)
        return call.then(
          () => 'written',
          (error: unknown) => (error === reason && index % 3 === 0 ? 'given up' : error),
        )
      })
      for (const outcome of await Promise.all(outcomes)) {
        assert.ok(outcome === 'written' || outcome === 'given up', `no commit fails because of another: ${outcome}`)
      }
      assert.equal((await store.load(channel.id))?.newest.state.version, 30n)
    },
  },
  {
    name: 'ends when it is closed, however often that is',
    async run({ open }) {
      const store = await open()
      await store.commit([sample(1).create(1n)])
      await Promise.all([store.close(), store.close()])
      await store.close()
      await store[Symbol.asyncDispose]()
    },
  },
  {
    name: 'refuses every call after it was closed, with a code',
    needs: ['durable'],
    async run({ open }) {
      const store = await open()
      const { id, create } = sample(1)
      await store.close()
      const closed = ['STORE_CLOSED'] as const
      await refused(store.open([ledgerId]), closed, 'open')
      await refused(store.bind(ledgerId), closed, 'bind')
      await refused(store.load(id), closed, 'load')
      await refused(store.kept(id, 0, 1n, undefined), closed, 'kept')
      await refused(historyOf(store, id), closed, 'history')
      await refused(store.commit([create(1n)]), closed, 'commit')
      await refused(summariesOf(store), closed, 'summaries')
      await refused(store.mailbox(id, alice), closed, 'mailbox')
      await refused(store.cursor(ledgerId), closed, 'cursor')
      const journal = store.journal(ledgerId)
      await refused(journal.attempts(), closed, 'attempts')
      await refused(journal.putAttempt(attempt('aa', 1n)), closed, 'putAttempt')
      await refused(journal.forgetAttempts(attempt('aa', 1n).lane, 1n), closed, 'forgetAttempts')
    },
  },
]
