import { describe, expect, it } from 'vitest'
import { progresses, registers, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'

describe('an older root state that has to be opened', () => {
  it('D4, D8: is opened though a newer one waits for an unknown state, where a play is possible at any moment', {
    timeout: 60_000,
  }, async () => {
    await using s = await setup()
    const root = testChannel()
    const unknown = testChannel({ kind: 'sub', funds: 10n })
    const played = testChannel({ kind: 'sub', funds: 10n, duration: 1n, hasApp: true })
    const watch = await s.watch(root.signed(0n))
    await s.watch(played.signed(1n), root)
    await watch.publish(root.signed(1n, { locks: [played] }))
    await s.watch(unknown.signed(1n), root)
    await watch.publish(root.signed(2n, { locks: [unknown, played] }))
    const foreign = testChannel({ duration: 0n })
    const cheat = foreign.signed(0n, { locks: [unknown, played] })
    await s.mine({ calls: [registers(cheat, [unknown.signed(9n), played.signed(1n)], true)] })
    for (let block = 0; block < 40; block++) await s.mine()
    await s.mine({
      calls:
        s.chain.dispute(root.id) === undefined
          ? [progresses(played.signed(1n), played.signed(2n)), registers(root.signed(0n))]
          : [],
    })
    await s.mine()
    await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(1n)
  })
})
