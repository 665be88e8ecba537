import assert from 'node:assert/strict'
import { type ErrorCode, errorCodes, isWatcherError, type SignedState } from '@perun-watcher/core'
import { modelSigned, testChannel } from '@perun-watcher/core/testing'
import { refused } from '../../assert.ts'
import { hears } from '../events.ts'
import type { WatcherCase } from '../types.ts'

const channel = testChannel()
const other = testChannel()
const next = channel.signed(6n)

const withBalances = ({ params, state }: SignedState, balances: readonly (readonly bigint[])[]): SignedState =>
  modelSigned(params, { ...state, outcome: { ...state.outcome, balances } })

/** Calls that are wrong at any time. */
const wrong: readonly (readonly [ErrorCode, SignedState])[] = [
  ['STATE_MALFORMED', { ...next, state: { ...next.state, version: -1n } }],
  ['STATE_DIMENSIONS', withBalances(next, [])],
  ['SIGNATURE_COUNT', { ...next, sigs: next.sigs.slice(1) }],
  ['SIGNATURE_INVALID', { ...next, sigs: channel.signed(9n).sigs }],
  ['CHANNEL_ID_MISMATCH', { ...next, params: other.params }],
]

/** What a watcher must refuse, and with which codes. */
export const refusalCases: readonly WatcherCase[] = [
  {
    name: 'refuses to watch what is no state of the channel, each with its code',
    async run({ watcher, store }) {
      for (const [code, signed] of wrong) await refused(watcher.startWatching(signed), [code], `a start with ${code}`)
      assert.equal(await store.load(channel.id), undefined, 'nothing is guarded')
      await watcher.startWatching(next)
      await refused(watcher.startWatching(channel.signed(6n, { isFinal: true })), ['VERSION_CONFLICT'], 'another state')
    },
  },
  {
    name: 'refuses to publish what is no newer state of the channel, each with its code, and defends what it had',
    async run({ watcher, store, cheatInVain }) {
      const watch = await watcher.startWatching(channel.signed(4n))
      await watch.statesPub.publish(channel.signed(5n))
      const bad: typeof wrong = [
        ...wrong.filter(([code]) => code !== 'CHANNEL_ID_MISMATCH'),
        ['CHANNEL_ID_MISMATCH', other.signed(6n)],
        ['VERSION_STALE', channel.signed(3n)],
        ['VERSION_CONFLICT', channel.signed(5n, { isFinal: true })],
        ['FUNDS_CHANGED', withBalances(next, [[1n, 1n]])],
      ]
      for (const [code, signed] of bad) await refused(watch.statesPub.publish(signed), [code], `a state with ${code}`)
      assert.equal((await store.load(channel.id))?.newest.state.version, 5n)
      await cheatInVain(channel.signed(1n))
      await hears(watch, ['registered 1', 'registered 5', 'refuted 5'])
      await watch.statesPub.publish(channel.signed(7n, { isFinal: true }))
      await refused(watch.statesPub.publish(channel.signed(8n)), ['STATE_AFTER_FINAL'], 'a state after a final one')
    },
  },
  {
    name: 'asks for the parent of a channel that is locked, and keeps it watched',
    async run({ watcher }) {
      const child = testChannel({ kind: 'sub', funds: 10n })
      const foreign = testChannel({ kind: 'sub', funds: 11n })
      const parent = testChannel()
      const locking = parent.signed(1n, { locks: [child] })
      await refused(watcher.startWatching(child.signed(1n)), ['PARENT_REQUIRED'], 'no parent')
      const below = { parent: parent.id }
      await refused(watcher.startWatching(child.signed(1n), below), ['PARENT_UNKNOWN'], 'an unknown parent')
      await watcher.startWatching(locking)
      await refused(watcher.startWatching(other.signed(1n), below), ['PARENT_NOT_ALLOWED'], 'a parent too many')
      await watcher.startWatching(child.signed(1n), below)
      await refused(watcher.stopWatching(parent.id), ['SUB_CHANNELS_WATCHED'], 'a stop of the parent')
      await watcher.startWatching(foreign.signed(1n), below)
      await watcher.stopWatching(foreign.id)
      await watcher.stopWatching(child.id)
      await watcher.stopWatching(parent.id)
    },
  },
  {
    name: 'refuses to stop what is not watched, or is no channel',
    async run({ watcher }) {
      await refused(watcher.stopWatching(channel.id), ['CHANNEL_UNKNOWN'], 'a stop of an unknown channel')
      await refused(watcher.stopWatching('0x12'), ['STATE_MALFORMED'], 'a stop of what is no channel id')
      await watcher.startWatching(next)
      await watcher.stopWatching(channel.id)
      await refused(watcher.stopWatching(channel.id), ['CHANNEL_UNKNOWN'], 'a second stop')
    },
  },
  {
    name: 'says with every error whether to try again, what happened and with which value',
    async run({ watcher }) {
      const { statesPub } = await watcher.startWatching(next)
      const error = await statesPub.publish(channel.signed(4n)).catch((caught: unknown) => caught)
      assert.ok(isWatcherError(error), 'it is a WatcherError')
      const { retryable, remedy } = errorCodes.VERSION_STALE
      assert.deepEqual([error.code, error.retryable, error.remedy], ['VERSION_STALE', retryable, remedy])
      assert.match(error.details.join('\n'), /\b4\b.*\b6\b/, 'its details name both versions')
      assert.ok(error.shortMessage.length > 0)
    },
  },
]
