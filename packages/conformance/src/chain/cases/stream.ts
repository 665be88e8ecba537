import assert from 'node:assert/strict'
import type { BlockStep } from '@perun-watcher/core/adapter'
import type { ChainCase } from '../types.ts'

function assertOrder(steps: readonly BlockStep[]): void {
  for (const [index, { finalNumber, head, added }] of steps.entries()) {
    const before = steps[index - 1]
    assert.ok(before === undefined || finalNumber >= before.finalNumber, 'what is final stays final')
    assert.ok(finalNumber <= head.number, 'nothing above the head is final')
    for (const [position, { block, logIndex }] of added.entries()) {
      const last = added[position - 1]
      const isLater =
        last === undefined ||
        block.number > last.block.number ||
        (block.number === last.block.number && logIndex > last.logIndex)
      assert.ok(isLater, 'logs come in the order of the chain')
    }
  }
}

/** Following the ledger. */
export const streamCases: readonly ChainCase[] = [
  {
    name: 'tells where the ledger is at once, without waiting for a block',
    async run({ backend, follow, place }) {
      const log = follow(backend)
      await log.until(() => log.blocks.length > 0)
      const [first] = log.blocks
      assert.equal(first?.head.number, await place.height())
      assert.equal(first?.head.timestamp, await place.now())
      assert.deepEqual(first?.removed, [])
      await log.until(() => log.blocks.some(({ isCurrent }) => isCurrent))
    },
  },
  {
    name: 'tells a registration with everything that the contract says, and its block',
    async run({ backend, follow, place, channel }) {
      const log = follow(backend)
      await log.until(() => log.blocks.some(({ isCurrent }) => isCurrent))
      const { id, params, signed } = await channel()
      await place.register(await signed(3n))
      await log.until(() => log.of(id).length > 0)
      const [told] = log.of(id)
      assert.ok(told)
      assert.equal(told.version, 3n)
      assert.equal(told.phase, 'dispute')
      assert.equal(told.timeout, told.block.timestamp + params.challengeDuration)
      assert.ok(told.block.number <= (await place.height()))
    },
  },
  {
    name: 'tells each log once, in the order of the chain, and what is final never less',
    async run({ backend, follow, place, channel }) {
      const log = follow(backend)
      await log.until(() => log.blocks.some(({ isCurrent }) => isCurrent))
      const { id, signed } = await channel()
      const other = await channel()
      for (const version of [1n, 2n, 5n]) {
        await place.register(await signed(version))
        await place.register(await other.signed(version))
      }
      await place.mine(place.finalityDepth + 2)
      await log.until(() => log.of(id).length >= 3 && log.of(other.id).length >= 3)
      const last = log.of(other.id).at(-1)
      await log.until(() =>
        log.blocks.some(({ finalNumber }) => last !== undefined && finalNumber >= last.block.number),
      )
      assert.deepEqual(
        log.of(id).map(({ version }) => version),
        [1n, 2n, 5n],
      )
      assertOrder(log.blocks)
    },
  },
  {
    name: 'tells all of the history from the block it is asked to begin with, before it says that it is current',
    async run({ backend, follow, place, channel }) {
      const { id, signed } = await channel()
      const later = await channel()
      await place.mine(1)
      await place.register(await signed(1n))
      const first = await place.height()
      await place.mine(2 * place.finalityDepth + 3)
      await place.register(await later.signed(2n))
      const log = follow(backend, first)
      await log.until(() => log.blocks.some(({ isCurrent }) => isCurrent))
      assert.equal(log.of(id).length, 1, 'the log of the first block is told, once')
      assert.equal(log.of(later.id).length, 1, 'that of the last is told, once')
      const none = follow(backend, first + 1n)
      await none.until(() => none.blocks.some(({ isCurrent }) => isCurrent))
      assert.equal(none.of(id).length, 0, 'nothing before the first block is told')
      assert.equal(none.of(later.id).length, 1)
    },
  },
  {
    name: 'takes back what a reorg takes out, and tells what comes instead',
    needs: ['reorg'],
    async run({ backend, follow, place, channel }) {
      const log = follow(backend)
      await log.until(() => log.blocks.some(({ isCurrent }) => isCurrent))
      const { id, signed } = await channel()
      await place.register(await signed(1n))
      await log.until(() => log.of(id).length === 1)
      const [gone] = log.of(id)
      assert.ok(gone)
      await place.reorg?.(2)
      await place.mine(1)
      await log.until(() => log.of(id).length === 0)
      const step = log.blocks.find(({ removed }) => removed.some(({ channelId }) => channelId === id))
      assert.ok(
        step?.reorgedFrom !== undefined && step.reorgedFrom <= gone.block.number,
        'it says how deep the reorg went',
      )
      await place.register(await signed(2n))
      await log.until(() => log.of(id).length === 1)
      assert.equal(log.of(id)[0]?.version, 2n)
      assertOrder(log.blocks)
    },
  },
  {
    name: 'tells the same to everybody who follows it',
    async run({ backend, follow, place, channel }) {
      const logs = [follow(backend), follow(backend)]
      for (const log of logs) await log.until(() => log.blocks.some(({ isCurrent }) => isCurrent))
      const { id, signed } = await channel()
      await place.register(await signed(1n))
      for (const log of logs) await log.until(() => log.of(id).length === 1)
      assert.deepEqual(logs[0]?.of(id), logs[1]?.of(id))
    },
  },
  {
    name: 'ends a stream that is closed, and no other',
    async run({ backend, follow, place, channel }) {
      const [ending, staying] = [follow(backend), follow(backend)]
      await ending.until(() => ending.blocks.length > 0)
      await ending.close()
      await ending.ended
      const { id, signed } = await channel()
      await place.register(await signed(1n))
      await staying.until(() => staying.of(id).length === 1)
      assert.equal(ending.of(id).length, 0)
    },
  },
]
