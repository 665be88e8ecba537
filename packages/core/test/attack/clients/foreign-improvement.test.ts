import { describe, expect, it } from 'vitest'
import { concludes, registers, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'

describe('an answer below our own root to what a foreign root registered', () => {
  it('is improved from one block on: the foreign root may be concluded at any moment', async () => {
    await using s = await setup()
    const root = testChannel({ duration: 3_600n })
    const sub = testChannel({ kind: 'sub', funds: 10n, duration: 3_600n })
    const foreign = testChannel({ duration: 600n }).signed(0n, { locks: [sub] })
    await s.watch(root.signed(1n, { locks: [sub] }))
    const watch = await s.watch(sub.signed(5n), root)
    await s.mine({ calls: [registers(foreign, [sub.signed(1n)])] })
    await s.mine()
    expect(s.chain.dispute(sub.id)?.version).toBe(5n)
    await watch.publish(sub.signed(6n))
    for (let block = 0; block < 60; block++) await s.mine()
    expect(s.chain.dispute(sub.id)?.version).toBe(6n)
    await s.mine({ calls: [concludes(foreign, [sub.signed(6n)])] })
  })
})
