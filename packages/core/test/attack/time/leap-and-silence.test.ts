import { describe, expect, it } from 'vitest'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { automine } from '../../support/automine.ts'
import { type Change, changed } from '../../support/changed-stream.ts'
import { settle, setup, testClock } from '../../support/setup.ts'

describe('a head whose time is far ahead, and no block after it', () => {
  it.each([
    ['with the dispute', true],
    ['while it is answered', false],
  ])('D7: does not end the dispute: %s', async (_, isFirst) => {
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
})
