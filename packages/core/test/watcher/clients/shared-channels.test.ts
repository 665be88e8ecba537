import { describe, expect, it } from 'vitest'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'

/** Two ledger channels of ours that lock the same virtual channel, by the order in which they are asked to act. */
function family() {
  const virtual = testChannel({ kind: 'virtual', funds: 50n })
  const [a, b] = [testChannel(), testChannel()]
  const [first, second] = a.id < b.id ? [a, b] : [b, a]
  return { virtual, first, second, locks: { locks: [virtual] } }
}

describe('a virtual channel that two of our families lock', () => {
  it('is defended by one of them, and the other stays out of it', async () => {
    const { virtual, first, second, locks } = family()
    await using s = await setup()
    for (const parent of [first, second]) {
      await s.watch(parent.signed(1n, locks))
      await s.watch(virtual.signed(8n), parent)
    }
    await s.mine({ calls: [registers(testChannel().signed(1n, locks), [virtual.signed(2n)])] })
    for (let block = 0; block < 4; block++) await s.mine()
    expect(s.chain.dispute(virtual.id)?.version).toBe(8n)
    expect(s.chain.dispute(first.id)?.version).toBe(1n)
    expect(s.chain.dispute(second.id)).toBeUndefined()
    expect(s.chain.sent).toHaveLength(1)
  })

  it('is defended by the other when the first fails', async () => {
    const { virtual, first, second, locks } = family()
    const chain = modelChain()
    await using s = await setup({
      chain,
      chainOverrides: {
        async register(channel, subChannels, options) {
          if (channel.state.channelId === first.id) throw new Error('refused')
          return chain.register(channel, subChannels, options)
        },
      },
    })
    for (const parent of [first, second]) {
      await s.watch(parent.signed(1n, locks))
      await s.watch(virtual.signed(8n), parent)
    }
    await s.mine({ calls: [registers(testChannel().signed(1n, locks), [virtual.signed(2n)])] })
    for (let block = 0; block < 4; block++) await s.mine()
    expect(chain.dispute(virtual.id)?.version).toBe(8n)
    expect(chain.dispute(second.id)?.version).toBe(1n)
  })

  it('is defended through the one that has other things to answer for as well, whichever that is', async () => {
    for (const isFirst of [true, false]) {
      const { virtual, first, second, locks } = family()
      await using s = await setup()
      const attacked = isFirst ? first : second
      for (const parent of [first, second]) {
        const watch = await s.watch(parent.signed(1n, locks))
        await s.watch(virtual.signed(8n), parent)
        if (parent === attacked) await watch.publish(parent.signed(2n, locks))
      }
      await s.mine({ calls: [registers(attacked.signed(1n, locks), [virtual.signed(2n)])] })
      for (let block = 0; block < 4; block++) await s.mine()
      expect(s.chain.dispute(virtual.id)?.version).toBe(8n)
      expect(s.chain.dispute(attacked.id)?.version).toBe(2n)
      expect(s.chain.sent).toHaveLength(1)
    }
  })

  it('is defended at once where it was registered below a root that we do not know: nobody knows how long that lasts', async () => {
    const { virtual, first, locks } = family()
    await using s = await setup({ refuteDepth: 5n })
    await s.watch(first.signed(1n, locks))
    await s.watch(virtual.signed(8n), first)
    await s.mine({ calls: [registers(testChannel().signed(1n, locks), [virtual.signed(2n)])] })
    expect(s.chain.sent).toHaveLength(1)
  })
})
