import { describe, expect, it } from 'vitest'
import type { AdjudicatorSubscription } from '../../../src/adapter.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'

describe('time that leaps once', () => {
  it('D7: does not unbound the wait for the block of an inclusion', { timeout: 60_000 }, async () => {
    const chain = modelChain()
    let lies = 0
    let heads = 0
    await using s = await setup({
      chain,
      chainOverrides: {
        async register(channel, subs, options) {
          if (lies++ > 0) return await chain.register(channel, subs, options)
          const { block } = await chain.readRecord(channel.state.channelId)
          return {
            block: { ...block, number: block.number + 1_000_000n },
            transactionHash: `0x${'12'.repeat(32)}` as never,
          }
        },
        subscribe(options): AdjudicatorSubscription {
          const inner = chain.subscribe(options)
          async function* steps() {
            for await (const step of inner) {
              heads += 1
              const isLie = heads === 3 && step.type === 'block'
              yield isLie ? { ...step, head: { ...step.head, timestamp: step.head.timestamp + 1_000_000_000n } } : step
            }
          }
          const iterator = steps()
          return {
            ...inner,
            close: () => inner.close(),
            [Symbol.asyncIterator]: () => iterator,
            [Symbol.asyncDispose]: () => inner.close(),
          }
        },
      },
    })
    const root = testChannel({ duration: 3_600n })
    const watch = await s.watch(root.signed(1n))
    await watch.publish(root.signed(2n))
    await s.mine()
    await s.mine()
    await s.mine()
    await s.mine({ calls: [registers(root.signed(1n))] })
    for (let block = 0; block < 290; block++) await s.mine()
    expect(lies).toBeGreaterThan(0)
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
  })
})
