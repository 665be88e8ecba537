import { describe, expect, it } from 'vitest'
import { eventQueue } from '../../../src/adapter.ts'
import type { AbortOptions, ChannelId } from '../../../src/index.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { setup, stillClock } from '../../support/setup.ts'
import { testStore } from '../../support/stores.ts'

const untilAborted = ({ signal }: AbortOptions = {}): Promise<never> =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))

describe('the trouble of one family', () => {
  it('does not delay another: a registration that never comes back', async () => {
    const chain = modelChain()
    const [stuck, quick] = [testChannel(), testChannel()]
    await using s = await setup({
      chain,
      chainOverrides: {
        register: (channel, subs, options) =>
          channel.state.channelId === stuck.id ? untilAborted(options) : chain.register(channel, subs, options),
      },
    })
    const watch = await s.watch(stuck.signed(5n))
    await s.watch(quick.signed(5n))
    await s.mine({ calls: [registers(stuck.signed(1n)), registers(quick.signed(1n))] })
    await s.mine()
    expect(chain.dispute(quick.id)?.version).toBe(5n)
    await s.mine({ seconds: 500n })
    expect(watch.told).toContain('endangered late')
  })

  it('does not delay another: records that are never read', async () => {
    const chain = modelChain()
    const [stuck, quick] = [testChannel(), testChannel()]
    let hangs = false
    await using s = await setup({
      chain,
      chainOverrides: {
        readRecord: (id: ChannelId, options) =>
          hangs && id === stuck.id ? untilAborted(options) : chain.readRecord(id),
      },
    })
    await s.watch(stuck.signed(5n))
    hangs = true
    await s.mine({ calls: [registers(stuck.signed(1n))] })
    await s.watch(quick.signed(5n))
    await s.mine({ calls: [registers(quick.signed(1n))] })
    await s.mine()
    expect(chain.dispute(quick.id)?.version).toBe(5n)
    // The log alone is reason enough.
    expect(chain.dispute(stuck.id)?.version).toBe(5n)
  })

  it('does not delay another: transactions that are never recovered', async () => {
    const chain = modelChain()
    const [stuck, quick] = [testChannel(), testChannel()]
    await using s = await setup({
      chain,
      chainOverrides: {
        recoverStates: (log, options) =>
          log.channelId === stuck.id ? untilAborted(options) : chain.recoverStates(log),
      },
    })
    for (const channel of [stuck, quick]) await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(stuck.signed(1n)), registers(quick.signed(1n))] })
    await s.mine()
    for (const channel of [stuck, quick]) expect(chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('does not delay another: a write that takes for ever', async () => {
    const store = testStore()
    await using s = await setup({ store, clock: stillClock })
    const [stuck, quick] = [testChannel(), testChannel()]
    const slow = await s.watch(stuck.signed(1n))
    await s.watch(quick.signed(5n))
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    store.beforeCommit = (changes) =>
      changes.some((change) => 'id' in change && change.id === stuck.id) ? held : undefined
    const publishing = slow.publish(stuck.signed(2n))
    await s.mine({ calls: [registers(quick.signed(1n))] })
    await s.mine()
    expect(s.chain.dispute(quick.id)?.version).toBe(5n)
    release()
    await publishing
  })

  it('does not delay another: hundreds of families cheated in one block', async () => {
    await using s = await setup()
    const channels = Array.from({ length: 200 }, () => testChannel())
    for (const channel of channels) await s.watch(channel.signed(5n))
    await s.mine({ calls: channels.map((channel) => registers(channel.signed(1n))) })
    await s.mine()
    for (const channel of channels) expect(s.chain.dispute(channel.id)?.version).toBe(5n)
  })
})

describe('a client', () => {
  it('that never reads delays nothing, and finds the newest facts when it does', async () => {
    await using s = await setup()
    const channel = testChannel()
    const queue = eventQueue(4)
    const watch = await s.engine.startWatching(channel.signed(0n), queue)
    for (let round = 1n; round < 30n; round += 3n) {
      await watch.publish(channel.signed(round + 1n))
      await s.mine({ calls: [registers(channel.signed(round))] })
      await s.mine()
      expect(s.chain.dispute(channel.id)?.version).toBe(round + 1n)
      await s.reorg(2)
    }
    const waiting: string[] = []
    queue.end()
    for await (const event of queue) waiting.push(event.type)
    expect(waiting).toHaveLength(4)
    expect(waiting).toContain('refuted')
  })

  it('hears nothing of channels that it does not watch', async () => {
    await using s = await setup()
    const [mine, other] = [testChannel(), testChannel()]
    const watch = await s.watch(mine.signed(1n), undefined, 'alice')
    await s.watch(other.signed(5n), undefined, 'bob')
    await s.mine({ calls: [registers(other.signed(1n)), registers(testChannel().signed(1n))] })
    await s.mine()
    expect(watch.told).toEqual([])
  })
})
