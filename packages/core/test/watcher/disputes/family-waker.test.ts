import { describe, expect, it } from 'vitest'
import { type ChannelId, memoryStore, type OnChainRecord } from '../../../src/index.ts'
import { type TestChannel, testChannel } from '../../../src/testing/index.ts'
import { channelBook } from '../../../src/watcher/channels/channel-book.ts'
import { channelIndex } from '../../../src/watcher/channels/channel-index.ts'
import { familyWaker } from '../../../src/watcher/disputes/family-waker.ts'
import { held } from '../../support/random-family.ts'
import { isPending, modelLedger } from '../../support/setup.ts'

const record: OnChainRecord = { version: 0n, phase: 'dispute', timeout: 9n, stateHash: undefined, blockNumber: 1n }

function setup() {
  const index = channelIndex()
  const book = channelBook({ index, ledger: modelLedger, store: memoryStore(), onStates() {} })
  const woken: ChannelId[] = []
  let ticks = 0
  const disputeScheduler = {
    wake: (root: ChannelId) => void woken.push(root),
    tick() {
      ticks += 1
    },
  }
  return {
    waker: familyWaker({ index, assessor: { forget() {} }, disputeScheduler }),
    woken,
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
})
