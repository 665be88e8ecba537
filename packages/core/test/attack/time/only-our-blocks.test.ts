import { describe, expect, it } from 'vitest'
import { WatcherError } from '../../../src/index.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { automine } from '../../support/automine.ts'
import { settle, setup, testClock } from '../../support/setup.ts'

describe('a ledger that makes blocks only for transactions', () => {
  it('D9: a sub-channel whose window is over by the clock is repeated as it is registered', async () => {
    const chain = modelChain()
    const clock = testClock()
    const mining = automine(chain, clock)
    let isDown = false
    await using s = await setup({
      chain,
      clock,
      chainOverrides: {
        async register(...args) {
          if (isDown) throw new WatcherError('CHAIN_UNREACHABLE', 'Not now.')
          return await mining.register(...args)
        },
      },
    })
    const [root, sub] = [testChannel({ duration: 3_600n }), testChannel({ kind: 'sub', funds: 10n, duration: 60n })]
    const locks = [sub]
    const watch = await s.watch(root.signed(1n, { locks }))
    const below = await s.watch(sub.signed(1n), root)
    await below.publish(sub.signed(4n))
    await watch.publish(root.signed(5n, { locks }))
    isDown = true
    chain.mine({ calls: [registers(root.signed(1n, { locks }), [sub.signed(1n)])] })
    for (let second = 0; second < 90; second++) await clock.pass(1_000)
    isDown = false
    for (let second = 0; second < 600; second++) await clock.pass(1_000)
    await settle()
    expect(chain.dispute(root.id)?.version).toBe(5n)
  })

  it('D9: what may still be recovered is waited for by the clock', async () => {
    const chain = modelChain()
    const clock = testClock()
    await using s = await setup({ chain, clock, chainOverrides: automine(chain, clock) })
    const root = testChannel({ duration: 600n })
    const [sub, other] = [testChannel({ kind: 'sub', funds: 10n }), testChannel({ kind: 'virtual', funds: 20n })]
    const watch = await s.watch(root.signed(1n, { locks: [sub] }))
    const below = await s.watch(sub.signed(1n), root)
    await below.publish(sub.signed(4n))
    await watch.publish(root.signed(3n, { locks: [sub] }))
    await watch.publish(root.signed(5n, { locks: [sub, other] }))
    await s.watch(other.signed(1n), root)
    const theirs = [testChannel({ duration: 0n }), testChannel({ duration: 0n })] as const
    chain.mine({
      calls: [
        registers(theirs[0].signed(0n, { locks: [other] }), [other.signed(9n)], true),
        registers(theirs[1].signed(0n, { locks: [sub] }), [sub.signed(1n)], true),
      ],
    })
    for (let second = 0; second < 580; second++) await clock.pass(1_000)
    await settle()
    expect(chain.dispute(sub.id)?.version).toBe(4n)
  })
})
