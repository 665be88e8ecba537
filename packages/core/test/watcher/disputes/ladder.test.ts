import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../src/index.ts'
import { modelChain, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'

describe('channels that are locked over and over', () => {
  it('are looked at once each when a state is published above them', async () => {
    const inner = memoryStore()
    let loads = 0
    const store = {
      ...inner,
      load(...args: Parameters<typeof inner.load>) {
        loads += 1
        return inner.load(...args)
      },
    }
    // A ledger that would take a tree of all those paths.
    const limits = { channels: 100_000, bytes: 1_000_000_000, work: 1_000_000_000n }
    await using s = await setup({ store, chain: modelChain({ limits }) })
    // Each storey of two channels locks both of the storey below: 2^12 paths to the bottom.
    const storeys = Array.from({ length: 12 }, () => [0, 1].map(() => testChannel({ kind: 'sub', funds: 0n })))
    const root = testChannel({ funds: 0n })
    const watch = await s.watch(root.signed(1n))
    for (const [at, storey] of storeys.entries()) {
      const below = { locks: storeys[at + 1] ?? [] }
      for (const channel of storey) await s.watch(channel.signed(1n, below), storeys[at - 1]?.[0] ?? root)
    }
    loads = 0
    await watch.publish(root.signed(2n, { locks: storeys[0] ?? [] })).catch(() => {})
    expect(loads).toBeLessThan(200)
  })
})
