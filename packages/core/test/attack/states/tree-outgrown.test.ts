import { describe, expect, it } from 'vitest'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { withOtherFunds } from '../../support/other-funds.ts'
import { setup } from '../../support/setup.ts'
import { withAppData } from '../support.ts'

const limits = { bytes: 20_000 }

describe('a root state that fits with an older state below it', () => {
  it('D1: two sub-channels that grow at the same time', { timeout: 60_000 }, async () => {
    await using s = await setup({ chain: modelChain({ limits }) })
    const root = testChannel()
    const subs = [testChannel({ kind: 'sub', funds: 10n }), testChannel({ kind: 'sub', funds: 10n })] as const
    const watch = await s.watch(root.signed(1n))
    const first = await s.watch(subs[0].signed(1n), root)
    const second = await s.watch(subs[1].signed(1n), root)
    await watch.publish(root.signed(2n, { locks: subs }))
    await Promise.allSettled([
      first.publish(withAppData(subs[0].signed(2n), 9_000)),
      second.publish(withAppData(subs[1].signed(2n), 9_000)),
    ])
    await s.mine({ calls: [registers(root.signed(1n))] })
    await s.mine()
    await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
  })

  it('D1, D6: of a line beside a hostile one with higher versions', { timeout: 60_000 }, async () => {
    await using s = await setup({ chain: modelChain({ limits }) })
    const [root, own] = [testChannel(), testChannel()]
    const virtual = testChannel({ kind: 'virtual', funds: 10n })
    await s.watch(own.signed(1n), undefined, 'hostile')
    await s.watch(withOtherFunds(virtual, 20n).signed(1_000n), own, 'hostile')
    const watch = await s.watch(root.signed(1n))
    const v = await s.watch(virtual.signed(1n), root)
    await watch.publish(withAppData(root.signed(2n, { locks: [virtual] }), 9_000))
    await Promise.allSettled([v.publish(withAppData(virtual.signed(2n), 9_000))])
    await s.mine({ calls: [registers(root.signed(1n))] })
    await s.mine()
    await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
  })
})
