import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { registers, testChannel } from '../../../src/testing/index.ts'
import { settle, setup } from '../../support/setup.ts'
import { ledgerAndVirtual } from '../../support/variants.ts'
import { closes } from '../support.ts'

/*
 * A channel that stands by itself, and is locked by a ledger channel of the same client only later. As long as nothing could
 * lock it, nothing but its newest state is kept: a plain channel must cost nothing.
 */

const game = fc
  .record({
    isVirtual: fc.boolean(),
    before: fc.integer({ min: 1, max: 4 }),
    after: fc.integer({ min: 0, max: 3 }),
    pick: fc.nat(),
  })
  .map(({ before, after, pick, ...rest }) => ({ ...rest, before, after, closedAt: 1 + (pick % (before + after)) }))

describe('a channel that is locked only later', () => {
  it('D4: is repeated at whatever state it was closed; of those from before the lock the client is asked', async () => {
    const seen = { asked: 0, kept: 0 }
    const property = fc.asyncProperty(game, async ({ isVirtual, before, after, closedAt }) => {
      await using s = await setup()
      const root = testChannel()
      const later = isVirtual ? ledgerAndVirtual() : testChannel({ funds: 50n })
      const rootWatch = await s.watch(root.signed(1n))
      const watch = await s.watch(later.signed(1n))
      for (let version = 2; version <= before; version++) await watch.publish(later.signed(BigInt(version)))
      await rootWatch.publish(root.signed(2n, { locks: [later] }))
      for (let more = 1; more <= after; more++) await watch.publish(later.signed(BigInt(before + more)))

      // In one block, and nothing of it can be recovered from the chain.
      const version = BigInt(closedAt)
      await s.mine({ calls: [...closes(later, version), registers(root.signed(1n))] })
      await settle()
      const wanted = [...watch.events, ...rootWatch.events].filter(({ type }) => type === 'stateNeeded')
      const isLost = closedAt < before
      expect(wanted.length > 0).toBe(isLost)
      seen[isLost ? 'asked' : 'kept'] += 1
      if (isLost) await watch.publish(later.signed(version))
      await s.mine()
      await s.mine()
      expect([s.chain.dispute(root.id)?.version, s.chain.dispute(later.id)?.version]).toEqual([2n, version])
    })
    await fc.assert(property, { numRuns: 40 })
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(2)
  })

  it('D4: takes all its states before anything happens, however old, once it is locked', async () => {
    await using s = await setup()
    const [root, later] = [testChannel(), testChannel({ funds: 50n })]
    const states = [1n, 2n, 3n, 4n, 5n].map((version) => later.signed(version))
    const rootWatch = await s.watch(root.signed(1n))
    const watch = await s.watch(later.signed(5n))
    // Nothing could need them yet.
    for (const state of states.slice(0, 4)) await expect(watch.publish(state)).rejects.toThrow('older')
    await rootWatch.publish(root.signed(2n, { locks: [later] }))
    for (const state of states) await watch.publish(state)
    await s.mine({ calls: [...closes(later, 2n), registers(root.signed(1n))] })
    await s.mine()
    await s.mine()
    expect([s.chain.dispute(root.id)?.version, s.chain.dispute(later.id)?.version]).toEqual([2n, 2n])
  })
})
