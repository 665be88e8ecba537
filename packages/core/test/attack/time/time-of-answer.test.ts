import { describe, expect, it } from 'vitest'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { type Change, changed } from '../../support/changed-stream.ts'
import { setup } from '../../support/setup.ts'

describe('time that leaps once, in the block that includes our answer', () => {
  it.each([1n, 5n, 11n])('D7: does not put its improvement off until %d s before the end', async (before) => {
    const chain = modelChain()
    let lie: bigint | undefined
    const change: Change = (step) => {
      return lie === undefined ? step : { ...step, head: { ...step.head, timestamp: lie } }
    }
    await using s = await setup({ chain, chainOverrides: changed(chain, change) })
    const channel = testChannel({ duration: 1_200n })
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    lie = (chain.dispute(channel.id)?.timeout ?? 0n) - before
    await s.mine()
    lie = undefined
    expect(chain.dispute(channel.id)?.version).toBe(5n)
    await s.mine()
    await watch.publish(channel.signed(6n))
    for (let block = 0; block < 99; block++) await s.mine()
    expect(chain.dispute(channel.id)?.version).toBe(6n)
  })
})
