import { describe, expect, it } from 'vitest'
import type { AdjudicatorLog } from '../../../src/index.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { type Change, changed } from '../../support/changed-stream.ts'
import { setup } from '../../support/setup.ts'

describe('a reorg that takes out final blocks, and another one that brings them back', () => {
  it('D7: does not hide the dispute in them', { timeout: 60_000 }, async () => {
    const chain = modelChain({ finalityDepth: 2n })
    const duration = 600n
    let log: AdjudicatorLog | undefined
    let isGone = false
    let next: 'taken' | 'brought' | undefined
    const change: Change = (step) => {
      log ??= step.added[0]
      const moved = next
      next = undefined
      if (log === undefined || moved === undefined) return step
      return moved === 'taken'
        ? { ...step, reorgedFrom: log.block.number, removed: [log] }
        : { ...step, reorgedFrom: log.block.number, added: [log] }
    }
    await using s = await setup({
      chain,
      chainOverrides: {
        ...changed(chain, change),
        async readRecord(id, options) {
          const reading = await chain.readRecord(id, options)
          return isGone ? { ...reading, record: undefined } : reading
        },
      },
    })
    const channel = testChannel({ duration })
    const watch = await s.watch(channel.signed(1n))
    await watch.publish(channel.signed(5n))
    // So that the sweep does not come between.
    for (let block = 0; block < 15; block++) await s.mine()
    await s.mine({ calls: [registers(channel.signed(1n))], withPending: false })
    const timeout = chain.dispute(channel.id)?.timeout ?? 0n
    while (chain.now + 97n < timeout) await s.mine({ withPending: false })
    isGone = true
    next = 'taken'
    for (let block = 0; block < 5; block++) await s.mine({ withPending: false })
    isGone = false
    next = 'brought'
    while (chain.now + 12n < timeout) await s.mine()
    expect(chain.dispute(channel.id)?.version).toBe(5n)
  })
})
