import { describe, expect, it } from 'vitest'
import type { Store } from '../../../src/adapter.ts'
import { memoryStore } from '../../../src/index.ts'
import { testChannel } from '../../../src/testing/index.ts'
import { settle, setup } from '../../support/setup.ts'

describe('a channel that cannot be removed from the store', () => {
  it('D10: does not keep others from being removed', async () => {
    const [stuck, ...others] = Array.from({ length: 4 }, () => testChannel())
    const inner = memoryStore()
    const store: Store = {
      ...inner,
      async commit(changes, options) {
        const isStuck = changes.some((change) => change.type === 'removeChannel' && change.id === stuck?.id)
        if (isStuck) throw new Error('damaged')
        await inner.commit(changes, options)
      },
    }
    await using s = await setup({ store })
    const channels = stuck === undefined ? others : [stuck, ...others]
    for (const channel of channels) await (await s.watch(channel.signed(1n))).stop()
    await settle()
    for (let block = 0; block < 10; block++) await s.mine()
    expect(s.engine.stats.channels).toBe(1)
  })
})
