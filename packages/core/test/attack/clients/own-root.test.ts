import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../src/index.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'
import { ledgerAndVirtual } from '../../support/variants.ts'

describe('a channel that is ledger and virtual, watched below a parent', () => {
  it.each(['does not lock it', 'locks it', 'has released it'] as const)(
    'D4: that %s is defended by itself',
    async (parentState) => {
      await using s = await setup()
      const [parent, both] = [testChannel(), ledgerAndVirtual()]
      const watch = await s.watch(parent.signed(1n))
      const child = await s.watch(both.signed(1n), parent)
      await child.publish(both.signed(5n))
      if (parentState !== 'does not lock it') await watch.publish(parent.signed(2n, { locks: [both] }))
      if (parentState === 'has released it') await watch.publish(parent.signed(3n))
      await s.mine({ calls: [registers(both.signed(2n))] })
      await s.mine()
      await s.mine()
      expect(s.chain.dispute(both.id)?.version).toBe(5n)
      // Its own window is nobody else's business.
      expect(s.chain.dispute(parent.id)).toBeUndefined()
    },
  )

  it('D4: is defended by itself after a restart', async () => {
    const [chain, store] = [modelChain(), memoryStore()]
    const [parent, both] = [testChannel(), ledgerAndVirtual()]
    {
      await using s = await setup({ chain, store })
      await s.watch(parent.signed(1n))
      await s.watch(both.signed(5n), parent)
    }
    chain.mine({ calls: [registers(both.signed(2n))] })
    await using s = await setup({ chain, store })
    await s.mine()
    await s.mine()
    expect(chain.dispute(both.id)?.version).toBe(5n)
  })
})
