import { describe, expect, it } from 'vitest'
import { concludes, registers, testChannel } from '../../../src/testing/index.ts'
import { withOtherFunds } from '../../support/other-funds.ts'
import { setup } from '../../support/setup.ts'

describe('what was registered for a hostile client', () => {
  it('D6: does not keep ours from being registered while that is possible', { timeout: 60_000 }, async () => {
    await using s = await setup()
    const [root, own] = [testChannel(), testChannel({ duration: 120n })]
    const virtual = testChannel({ kind: 'virtual', funds: 10n })
    const other = withOtherFunds(virtual, 20n)
    const lock = { locks: [other] }
    const h = await s.watch(own.signed(1n, lock), undefined, 'hostile')
    const v = await s.watch(other.signed(10n), own, 'hostile')
    const watch = await s.watch(root.signed(1n))
    const ours = await s.watch(virtual.signed(1n), root)
    await watch.publish(root.signed(2n, { locks: [virtual] }))
    await h.publish(own.signed(2n, lock))
    await v.publish(other.signed(15n))
    await s.mine({ calls: [registers(own.signed(1n, lock), [other.signed(10n)], true)] })
    await s.mine()
    expect(s.chain.dispute(virtual.id)?.version).toBe(15n)
    // Newer than what stands: registrable with our root for as long as the window is open.
    await ours.publish(virtual.signed(20n))
    for (let block = 0; block < 12; block++) await s.mine()
    const isLost = s.chain.dispute(virtual.id)?.version === 15n
    const theirs = concludes(own.signed(2n, lock), [other.signed(15n)])
    await s.mine({ calls: isLost ? [theirs, registers(root.signed(1n))] : [] })
    for (let block = 0; block < 5; block++) await s.mine()
    expect(s.chain.dispute(root.id)?.version ?? 2n).toBe(2n)
    expect(s.chain.dispute(virtual.id)?.version).toBe(20n)
  })
})
