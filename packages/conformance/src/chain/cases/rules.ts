import assert from 'node:assert/strict'
import { type OnChainRecord, parseBytes, type SignedState, type State } from '@perun-watcher/core'
import { refused } from '../../assert.ts'
import type { ChainCase } from '../types.ts'

function changed(signed: SignedState, change: Partial<State>): SignedState {
  return { ...signed, state: { ...signed.state, ...change } }
}

/** What can be said without the ledger. */
export const ruleCases: readonly ChainCase[] = [
  {
    name: 'names channels and states as the ledger does',
    async run({ backend, channel }) {
      const { id, params, signed } = await channel()
      assert.equal(backend.channelId(params), id)
      assert.notEqual(backend.channelId({ ...params, nonce: params.nonce + 1n }), id)
      const [first, second] = [await signed(1n), await signed(2n)]
      assert.equal(backend.stateHash(first.state), backend.stateHash((await signed(1n)).state))
      assert.notEqual(backend.stateHash(first.state), backend.stateHash(second.state))
    },
  },
  {
    name: 'takes a state that everybody signed, in the form that the contract takes',
    async run({ backend, channel, place }) {
      const { id, params, signed } = await channel()
      const state = await signed(5n)
      const held = await backend.verify(state)
      assert.equal(held.hash, backend.stateHash(state.state))
      assert.deepEqual(held.state, state.state)
      await place.register({ params, state: held.state, sigs: held.sigs })
      assert.equal((await backend.readRecord(id)).record?.version, 5n)
    },
  },
  {
    name: 'refuses what the contract would refuse, by its code',
    async run({ backend, channel }) {
      const { signed } = await channel()
      const [state, other] = [await signed(1n), await signed(2n)]
      const foreign = await (await channel()).signed(1n)
      const [first] = state.sigs
      assert.ok(first)
      await refused(
        backend.verify({ ...state, sigs: other.sigs }),
        ['SIGNATURE_INVALID'],
        'the signatures of another state',
      )
      await refused(
        backend.verify({ ...state, sigs: [...state.sigs].reverse() }),
        ['SIGNATURE_INVALID'],
        'signatures in another order',
      )
      await refused(backend.verify(changed(state, { version: 9n })), ['SIGNATURE_INVALID'], 'another version')
      await refused(backend.verify({ ...state, sigs: [first] }), ['SIGNATURE_COUNT'], 'a signature too few')
      await refused(
        backend.verify({ ...state, sigs: [...state.sigs, first] }),
        ['SIGNATURE_COUNT'],
        'a signature too many',
      )
      await refused(
        backend.verify({ ...state, params: foreign.params }),
        ['CHANNEL_ID_MISMATCH'],
        'the parameters of another channel',
      )
    },
  },
  {
    name: 'counts more for more, and room for a plain channel',
    async run({ backend, channel }) {
      const { signed } = await channel()
      const { limits, envelope } = backend
      const plain = await signed(1n)
      const size = backend.sizeOf(plain)
      const longer = backend.sizeOf(changed(plain, { appData: parseBytes(`0x${'ab'.repeat(4_096)}`) }))
      const locking = backend.sizeOf(await signed(1n, { locks: [await channel({ kind: 'sub' })] }))
      assert.ok(envelope.bytes >= 0 && envelope.work >= 0n && size.bytes > 0 && size.work > 0n)
      assert.ok(longer.bytes >= size.bytes + 4_096, 'bytes of the app count in full')
      assert.ok(longer.work >= size.work && locking.bytes > size.bytes && locking.work >= size.work)
      assert.ok(envelope.bytes + size.bytes <= limits.bytes && envelope.work + size.work <= limits.work)
      assert.ok(limits.channels >= 1 && limits.participants >= 2 && limits.assets >= 1)
    },
  },
  {
    name: 'knows which states a registration may hold',
    async run({ backend, channel }) {
      const { params, signed } = await channel()
      const held = await Promise.all([1n, 2n].map(async (version) => backend.verify(await signed(version))))
      const [older, newer] = held
      assert.ok(older && newer)
      const timeout = 10_000n
      const record: OnChainRecord = { version: 1n, phase: 'dispute', timeout, stateHash: older.hash, blockNumber: 1n }
      const { rules } = backend
      assert.equal(rules.admits(params, undefined, older, 0n), 'new')
      assert.equal(rules.admits(params, record, older, 0n), 'repeats')
      assert.equal(rules.admits(params, record, newer, 0n), 'replaces')
      const newerRecord: OnChainRecord = { ...record, version: 2n, stateHash: newer.hash }
      assert.equal(
        rules.admits(params, newerRecord, older, 0n),
        'refused',
        'an older state does not replace a newer one',
      )
      const until = rules.refutableUntil(record)
      if (until === undefined) return
      assert.equal(rules.admits(params, record, newer, until - 1n), 'replaces')
      assert.equal(rules.admits(params, record, newer, until), 'refused', 'once the window is closed')
      assert.ok(rules.concludableAt(params, record) >= until, 'nothing is concluded before that')
    },
  },
]
