import { describe, expect, it } from 'vitest'
import type { RegistererSubscriber } from '../../../src/adapter.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { parseTransactionHash } from '../../../src/validation/parse-hex.ts'
import { type Change, changed } from '../../support/changed-stream.ts'
import { setup } from '../../support/setup.ts'

describe('heads that make blocks look slow, and an inclusion that was made up', () => {
  it.each([600n, 900n, 1_200n])('D7: cost time and nothing else, of %i s', { timeout: 60_000 }, async (duration) => {
    const chain = modelChain()
    const faults = { isLying: false }
    let heads = 0
    const change: Change = (step) => {
      if (!faults.isLying || heads++ % 2 > 0) return step
      const { number, timestamp } = step.head
      return { ...step, head: { ...step.head, number: number + 10n, timestamp: timestamp + 6_000n } }
    }
    let made = 0
    const overrides: Partial<RegistererSubscriber> = {
      ...changed(chain, change),
      async register(channel, subs, options) {
        if (!faults.isLying) return await chain.register(channel, subs, options)
        made += 1
        const { block } = await chain.readRecord(channel.state.channelId)
        const transactionHash = parseTransactionHash(`0x${'12'.repeat(32)}`)
        return { block: { ...block, number: block.number + 1_000_000n }, transactionHash }
      },
    }
    await using s = await setup({ chain, chainOverrides: overrides })
    const channel = testChannel({ duration })
    const watch = await s.watch(channel.signed(1n))
    await watch.publish(channel.signed(2n))
    faults.isLying = true
    for (let block = 0; block < 8; block++) await s.mine()
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    faults.isLying = false
    const timeout = chain.dispute(channel.id)?.timeout ?? 0n
    while (chain.now + 12n < timeout) await s.mine()
    expect(made).toBeGreaterThan(0)
    expect(chain.dispute(channel.id)?.version).toBe(2n)
  })
})
