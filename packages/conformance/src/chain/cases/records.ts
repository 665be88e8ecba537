import assert from 'node:assert/strict'
import type { AdjudicatorLog, ChannelId } from '@perun-watcher/core'
import type { RegistererSubscriber } from '@perun-watcher/core/adapter'
import type { ChainCase } from '../types.ts'

/** Far more pieces than the history of a case has. */
const mostPieces = 1_000

/** The whole search, piece by piece. */
async function found(backend: RegistererSubscriber, id: ChannelId, from?: bigint): Promise<readonly AdjudicatorLog[]> {
  const logs: AdjudicatorLog[] = []
  let before = from
  for (let piece = 0; piece < mostPieces; piece++) {
    const search = await backend.findRegistrations(id, { before })
    logs.push(...search.logs)
    if (search.before === undefined) return logs
    assert.ok(before === undefined || search.before < before, 'every piece goes further back')
    before = search.before
  }
  throw new Error('The search does not come to an end.')
}

/** Reading what the adjudicator holds. */
export const recordCases: readonly ChainCase[] = [
  {
    name: 'has no record of a channel that was never registered',
    async run({ backend, place, channel }) {
      const { record, block } = await backend.readRecord((await channel()).id)
      assert.equal(record, undefined)
      assert.equal(block.number, await place.height())
    },
  },
  {
    name: 'reads the record as of the head that its stream told last',
    async run({ backend, follow, place, channel }) {
      const log = follow(backend)
      const { id, signed } = await channel()
      const state = await signed(4n)
      await place.register(state)
      await log.until(() => log.of(id).length === 1)
      const { record, block } = await backend.readRecord(id)
      const [told] = log.of(id)
      assert.equal(record?.version, 4n)
      assert.equal(record?.phase, 'dispute')
      assert.equal(record?.timeout, told?.timeout)
      assert.equal(record?.stateHash, backend.stateHash(state.state))
      assert.ok(told !== undefined && block.number >= told.block.number)
      await place.register(await signed(6n))
      await log.until(() => log.of(id).length === 2)
      assert.equal((await backend.readRecord(id)).record?.version, 6n)
    },
  },
  {
    name: 'reads no record any more that a reorg took out',
    needs: ['reorg'],
    async run({ backend, follow, place, channel }) {
      const log = follow(backend)
      const { id, signed } = await channel()
      await place.register(await signed(4n))
      await log.until(() => log.of(id).length === 1)
      await place.reorg?.(2)
      await place.mine(1)
      await log.until(() => log.of(id).length === 0)
      assert.equal((await backend.readRecord(id)).record, undefined)
    },
  },
  {
    name: 'recovers the signed states that a transaction handed over',
    async run({ backend, follow, place, channel }) {
      const log = follow(backend)
      const child = await channel({ kind: 'sub' })
      const { id, signed } = await channel()
      const [root, sub] = [await signed(2n, { locks: [child] }), await child.signed(7n)]
      await place.register(root, [sub])
      await log.until(() => log.of(id).length === 1 && log.of(child.id).length === 1)
      for (const [state, told] of [
        [root, log.of(id)[0]],
        [sub, log.of(child.id)[0]],
      ] as const) {
        assert.ok(told)
        const states = await backend.recoverStates(told, { stateHash: backend.stateHash(state.state) })
        const own = states.find(({ state: { channelId } }) => channelId === told.channelId)
        assert.deepEqual(own?.state, state.state, 'the state of the log is among them')
        assert.deepEqual(own?.params, state.params)
        await backend.verify({ params: state.params, state: state.state, sigs: own?.sigs ?? [] })
      }
    },
  },
  {
    name: 'finds what was registered of a channel, newest first, and nothing of others',
    async run({ backend, place, channel }) {
      const { id, signed } = await channel()
      const other = await channel()
      await place.register(await signed(1n))
      await place.register(await other.signed(9n))
      await place.mine(2)
      await place.register(await signed(3n))
      const logs = await found(backend, id)
      assert.deepEqual(
        logs.map(({ version, channelId }) => [version, channelId]),
        [
          [3n, id],
          [1n, id],
        ],
      )
    },
  },
  {
    name: 'finds nothing at or above the block that it is told to stay below',
    async run({ backend, place, channel }) {
      const { id, signed } = await channel()
      await place.register(await signed(1n))
      await place.mine(1)
      await place.register(await signed(3n))
      const [newest] = await found(backend, id)
      assert.ok(newest)
      const older = await found(backend, id, newest.block.number)
      assert.deepEqual(
        older.map(({ version }) => version),
        [1n],
      )
    },
  },
]
