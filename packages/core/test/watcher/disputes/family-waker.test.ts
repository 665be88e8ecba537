import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/adapter.ts'
import { lifetime } from '../../../src/async/lifetime.ts'
import { type Block, type ChannelId, memoryStore, type OnChainRecord, parseBlockHash } from '../../../src/index.ts'
import { type TestChannel, testChannel } from '../../../src/testing/index.ts'
import { channelBook } from '../../../src/watcher/channels/channel-book.ts'
import { channelIndex } from '../../../src/watcher/channels/channel-index.ts'
import { familyWaker } from '../../../src/watcher/disputes/family-waker.ts'
import { held } from '../../support/random-family.ts'
import { isPending, modelLedger, settle, testClock } from '../../support/setup.ts'

const record: OnChainRecord = { version: 0n, phase: 'dispute', timeout: 9n, stateHash: undefined, blockNumber: 1n }

const block = (number: bigint): Block => ({ number, hash: parseBlockHash(`0x${'00'.repeat(32)}`), timestamp: 0n })

function setup() {
  const index = channelIndex()
  const book = channelBook({ index, ledger: modelLedger, store: memoryStore(), onStates() {}, onDoubt() {} })
  const woken: ChannelId[] = []
  let ticks = 0
  const disputeScheduler = {
    wake: (root: ChannelId) => void woken.push(root),
    tick() {
      ticks += 1
    },
  }
  const clock = testClock()
  const read: ChannelId[] = []
  let head = block(100n)
  const deps = {
    clock,
    lifetime: lifetime(),
    logger: silentLogger,
    chainClock: {
      get head() {
        return head
      },
    },
    recordReader: {
      readInBackground: (id: ChannelId) => void read.push(id),
      tryReading: async (id: ChannelId) => read.push(id) > 0,
    },
  }
  return {
    waker: familyWaker({ ...deps, index, assessor: { forget() {} }, disputeScheduler }),
    woken,
    read,
    clock,
    reach(number: bigint) {
      head = block(number)
    },
    get ticks() {
      return ticks
    },
    async add(
      { id, params, signed }: TestChannel,
      parent?: TestChannel,
      locks: readonly TestChannel[] = [],
    ): Promise<void> {
      const newest = held(signed(1n, { locks }))
      const parents = parent === undefined ? [] : [parent.id]
      await book.create({ type: 'createChannel', id, params, parents, clients: [], newest })
    },
    register: ({ id }: TestChannel) => book.observe(id, { record }),
    /** The record as the contract has it, read at a block. */
    readAt({ id, signed }: TestChannel, readAt: bigint) {
      book.observe(id, { record: { ...record, stateHash: held(signed(0n)).hash }, readAt })
    },
  }
}

describe('the waker of families', () => {
  const sub = (): TestChannel => testChannel({ kind: 'sub', funds: 1n })

  it('wakes every family of a channel in which the adjudicator holds anything, and no other', async () => {
    const s = setup()
    const [child, sibling, disputed, other, calm] = [sub(), sub(), testChannel(), testChannel(), testChannel()]
    await s.add(disputed, undefined, [child])
    await s.add(other, undefined, [child, sibling])
    await s.add(calm, undefined, [child])
    await s.add(child, disputed)
    await s.add(sibling, other)
    s.waker.catchingUp(false)
    s.waker.wake(child.id)
    expect(s.woken).toEqual([])
    s.register(disputed)
    s.register(sibling)
    s.waker.wake(child.id)
    expect(new Set(s.woken)).toEqual(new Set([disputed.id, other.id]))
    expect(s.woken).toHaveLength(2)
  })

  it('waits while newer blocks are known, and then looks at what the records say by then', async () => {
    const s = setup()
    const [first, second] = [testChannel(), testChannel()]
    await s.add(first)
    await s.add(second)
    s.waker.catchingUp(false)
    s.waker.current()
    s.register(first)
    s.waker.catchingUp(true)
    s.waker.wake(first.id)
    s.waker.wake(second.id)
    s.waker.wake(second.id)
    expect(s.woken).toEqual([])
    s.register(second)
    s.waker.catchingUp(false)
    s.waker.current()
    expect(s.woken).toEqual([first.id, second.id])
    s.waker.current()
    expect(s.woken).toEqual([first.id, second.id])
  })

  it('looks at all that the adjudicator holds once everything was told for the first time, and only then', async () => {
    const s = setup()
    const [disputed, calm] = [testChannel(), testChannel()]
    await s.add(disputed)
    await s.add(calm)
    s.register(disputed)
    const caughtUp = s.waker.caughtUp()
    s.waker.wake(calm.id)
    s.waker.wake(disputed.id)
    expect(await isPending(caughtUp)).toBe(true)
    expect(s.woken).toEqual([])
    s.waker.catchingUp(false)
    s.waker.current()
    await caughtUp
    expect(new Set(s.woken)).toEqual(new Set([disputed.id]))
    const soFar = s.woken.length
    s.waker.current()
    expect(s.woken).toHaveLength(soFar)
  })

  it('tells disputes under way of every block with which everything is told', () => {
    const s = setup()
    s.waker.catchingUp(true)
    expect(s.ticks).toBe(0)
    s.waker.catchingUp(false)
    s.waker.current()
    s.waker.current()
    expect(s.ticks).toBe(2)
  })

  describe('while the stream is behind', () => {
    async function behind() {
      const s = setup()
      const [root, child] = [testChannel(), sub()]
      await s.add(root, undefined, [child])
      await s.add(child, root)
      s.waker.catchingUp(true)
      return { s, root, child }
    }

    it('looks at a family as soon as all its records were read near the head', async () => {
      const { s, root, child } = await behind()
      s.readAt(root, 90n)
      s.register(child)
      s.waker.wakeForReading(root.id)
      expect(s.woken).toEqual([])
      expect(s.read).toEqual([child.id])
      s.readAt(child, 100n)
      s.waker.wakeForReading(child.id)
      expect(s.woken).toEqual([root.id])
    })

    it('asks for what was read long before the head again', async () => {
      const { s, root } = await behind()
      s.readAt(root, 100n)
      s.reach(1_000n)
      s.waker.wakeForReading(root.id)
      expect(s.woken).toEqual([])
      expect(s.read).toEqual([root.id])
    })

    it('for half a minute, looks at every family of which anything is registered, with records read anew', async () => {
      const { s, root } = await behind()
      const calm = testChannel()
      await s.add(calm)
      s.register(root)
      s.waker.wake(calm.id)
      await s.clock.pass(29_000)
      s.waker.catchingUp(true)
      expect(s.woken).toEqual([])
      await s.clock.pass(1_000)
      await settle()
      expect(s.read).toEqual([root.id])
      expect(s.woken).toEqual([root.id])
      // From then on no change waits.
      s.waker.wake(root.id)
      expect(s.woken).toHaveLength(2)
    })

    it('counts from the last step that brought it up to date', async () => {
      const { s, root } = await behind()
      s.register(root)
      for (let time = 0; time < 3; time++) {
        await s.clock.pass(20_000)
        s.waker.catchingUp(false)
        s.waker.catchingUp(true)
        s.waker.wake(root.id)
        expect(s.woken).toEqual([])
      }
      await s.clock.pass(30_000)
      await settle()
      expect(s.woken).toEqual([root.id])
      s.waker.catchingUp(false)
      s.waker.catchingUp(true)
      s.waker.wake(root.id)
      expect(s.woken).toHaveLength(1)
    })
  })
})
