import { describe, expect, it } from 'vitest'
import { concludes, modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'

describe('many channels whose registered states are hidden', () => {
  it('D5, D10: are not all sought at once', { timeout: 60_000 }, async () => {
    const chain = modelChain()
    let running = 0
    let most = 0
    let _calls = 0
    await using s = await setup({
      chain,
      chainOverrides: {
        async findRegistrations(_id, options) {
          running += 1
          _calls += 1
          most = Math.max(most, running)
          await new Promise((resolve) => setTimeout(resolve, 5))
          running -= 1
          // An endpoint that serves small pages.
          return { logs: [], before: options?.before === undefined ? 10_000n : options.before - 1n }
        },
      },
    })
    for (let n = 0; n < 10; n++) {
      const subs = Array.from({ length: 20 }, () => testChannel({ kind: 'sub', funds: 1n }))
      const root = testChannel()
      await s.watch(root.signed(1n))
      for (const sub of subs) await s.watch(sub.signed(1n), root)
      const foreign = testChannel({ duration: 0n }).signed(0n, { locks: subs })
      const states = subs.map((sub) => sub.signed(9n))
      await s.mine({ calls: [registers(foreign, states, true), concludes(foreign, states)] })
    }
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(most).toBeLessThanOrEqual(32)
  })
})
