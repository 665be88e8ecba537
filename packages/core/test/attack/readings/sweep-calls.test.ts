import { describe, expect, it } from 'vitest'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { type Change, changed } from '../../support/changed-stream.ts'
import { setup } from '../../support/setup.ts'

const withoutLogs: Change = (step) => ({ ...step, removed: [], added: [] })

describe('a ledger that says nonsense of how many calls its readings took', () => {
  it.each([Number.POSITIVE_INFINITY, 1e15, Number.NaN, -5, 0])('D7: %d does not end the sweep', async (calls) => {
    const chain = modelChain()
    let readings = 0
    await using s = await setup({
      chain,
      chainOverrides: {
        ...changed(chain, withoutLogs),
        async readRecords(...args) {
          const answer = await chain.readRecords?.(...args)
          if (answer === undefined) throw new Error('cannot be read')
          readings += 1
          return { ...answer, calls }
        },
      },
    })
    const channel = testChannel({ duration: 600n })
    const watch = await s.watch(channel.signed(1n))
    await watch.publish(channel.signed(5n))
    for (let block = 0; block < 30; block++) await s.mine()
    await s.mine({ calls: [registers(channel.signed(1n))] })
    for (let block = 0; block < 45; block++) await s.mine()
    expect(chain.dispute(channel.id)?.version).toBe(5n)
    expect(readings).toBeLessThan(30)
    expect(s.engine.stats.sweepCalls).toBeGreaterThan(0)
  })
})
