import { describe, expect, it } from 'vitest'
import { WatcherError } from '../../../src/index.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { automine } from '../../support/automine.ts'
import { type Change, changed } from '../../support/changed-stream.ts'
import { settle, setup, testClock } from '../../support/setup.ts'

describe('a head whose time is wrong, and no block after it', () => {
  it.each([
    ['with the dispute', true],
    ['while it is answered', false],
  ])('D7: that is far ahead, does not end the dispute: %s', async (_, isFirst) => {
    const chain = modelChain()
    const clock = testClock()
    let isLie = false
    const change: Change = (step) => {
      if (!isLie) return step
      isLie = false
      return { ...step, head: { ...step.head, timestamp: step.head.timestamp + 100_000n } }
    }
    await using s = await setup({
      chain,
      clock,
      refuteDepth: 3n,
      chainOverrides: { ...automine(chain, clock), ...changed(chain, change) },
    })
    const channel = testChannel({ duration: 600n })
    const watch = await s.watch(channel.signed(1n))
    await watch.publish(channel.signed(5n))
    for (let block = 0; block < 3; block++) {
      await clock.pass(12_000)
      chain.mine()
      await settle()
    }
    isLie = isFirst
    chain.mine({ calls: [registers(channel.signed(1n))] })
    await settle()
    if (!isFirst) {
      isLie = true
      chain.mine({ seconds: 1n })
      await settle()
    }
    expect(isLie).toBe(false)
    for (let second = 0; second < 500; second++) await clock.pass(1_000)
    await settle()
    expect(chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('D7: that is far behind, does not hide that the window of a sub-channel is over', async () => {
    const chain = modelChain()
    const clock = testClock()
    const mining = automine(chain, clock)
    const faults = { isDown: false, isLie: false }
    const change: Change = (step) => {
      if (!faults.isLie) return step
      faults.isLie = false
      return { ...step, head: { ...step.head, timestamp: step.head.timestamp - 5_000n } }
    }
    await using s = await setup({
      chain,
      clock,
      chainOverrides: {
        ...changed(chain, change),
        async register(...args) {
          if (faults.isDown) throw new WatcherError('CHAIN_UNREACHABLE', 'Not now.')
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
    faults.isDown = true
    chain.mine({ calls: [registers(root.signed(1n, { locks }), [sub.signed(1n)])] })
    for (let second = 0; second < 90; second++) await clock.pass(1_000)
    faults.isLie = true
    chain.mine({ seconds: 90n })
    await settle()
    faults.isDown = false
    for (let second = 0; second < 600; second++) await clock.pass(1_000)
    await settle()
    expect(chain.dispute(root.id)?.version).toBe(5n)
  })
})
