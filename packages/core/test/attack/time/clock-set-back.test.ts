import { describe, expect, it } from 'vitest'
import type { RegistererSubscriber } from '../../../src/adapter.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { parseTransactionHash } from '../../../src/validation/parse-hex.ts'
import { setup, testClock } from '../../support/setup.ts'

const aDayMs = 86_400_000

describe('a clock that is a day ahead, and is set right while an invented inclusion is waited for', () => {
  it('D7: costs time and nothing else', async () => {
    const chain = modelChain()
    const behind = testClock()
    let errorMs = 0
    let made = 0
    const overrides: Partial<RegistererSubscriber> = {
      async register(channel, subs, options) {
        made += 1
        if (made > 1) return await chain.register(channel, subs, options)
        const { block } = await chain.readRecord(channel.state.channelId)
        const transactionHash = parseTransactionHash(`0x${'12'.repeat(32)}`)
        return { block: { ...block, number: block.number + 1_000_000n }, transactionHash }
      },
    }
    const clock = { now: () => behind.now() + errorMs, sleep: behind.sleep }
    await using s = await setup({ chain, chainOverrides: overrides, clock })
    async function pass(options: Parameters<typeof s.mine>[0] = {}): Promise<void> {
      await s.mine(options)
      await behind.pass(12_000)
    }
    const channel = testChannel({ duration: 600n })
    const watch = await s.watch(channel.signed(1n))
    await watch.publish(channel.signed(2n))
    errorMs = aDayMs
    await pass()
    await pass({ calls: [registers(channel.signed(1n))] })
    while (made === 0) await pass()
    errorMs = 0
    for (let block = 0; block < 30; block++) await pass()
    expect(made).toBe(2)
    expect(chain.dispute(channel.id)?.version).toBe(2n)
  })
})
