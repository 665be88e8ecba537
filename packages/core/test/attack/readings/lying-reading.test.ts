import { describe, expect, it } from 'vitest'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'

describe('one wrong reading', () => {
  it('D7: "nothing is registered", once, does not end a dispute whose log stands', { timeout: 60_000 }, async () => {
    const chain = modelChain({ finalityDepth: 64n })
    let lies = 0
    await using s = await setup({
      chain,
      chainOverrides: {
        async readRecord(id, options) {
          const reading = await chain.readRecord(id, options)
          if (reading.record === undefined || lies++ > 0) return reading
          return { ...reading, record: undefined }
        },
      },
    })
    const root = testChannel({ duration: 300n })
    const watch = await s.watch(root.signed(1n))
    await watch.publish(root.signed(2n))
    await s.mine({ calls: [registers(root.signed(1n))] })
    for (let block = 0; block < 22; block++) await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
  })

  it('D7: "nothing is registered", once and at a block far ahead, does not keep all later ones out', {
    timeout: 60_000,
  }, async () => {
    const chain = modelChain()
    let lies = 0
    await using s = await setup({
      chain,
      chainOverrides: {
        async readRecord(id, options) {
          const reading = await chain.readRecord(id, options)
          if (reading.record === undefined || lies++ > 0) return reading
          return { record: undefined, block: { ...reading.block, number: 1_000_000n } }
        },
      },
    })
    const root = testChannel({ duration: 3_600n })
    const watch = await s.watch(root.signed(1n))
    await watch.publish(root.signed(2n))
    await s.mine({ calls: [registers(root.signed(1n))] })
    for (let block = 0; block < 200; block++) await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
  })
})
