import { describe, expect, it } from 'vitest'
import { modelChain, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'

describe('accounts that could pay for three registrations', () => {
  it.each([1, 20])('D11: take on three channels, %i asked for at once', async (atOnce) => {
    const chain = modelChain()
    await using s = await setup({
      chain,
      chainOverrides: { throughput: () => ({ places: 16, payable: 3, secondsPerBlock: 12 }) },
    })
    for (let done = 0; done < 20; done += atOnce) {
      const watches = Array.from({ length: atOnce }, () => s.watch(testChannel().signed(1n)))
      await Promise.allSettled(watches)
    }
    expect(s.engine.stats.channels).toBe(3)
  })
})
