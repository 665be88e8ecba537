import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../src/index.ts'
import { testChannel } from '../../../src/testing/index.ts'
import { withOtherFunds } from '../../support/other-funds.ts'
import { setup } from '../../support/setup.ts'

describe('D6: strangers who come and go, each time with other funds', () => {
  it('neither leave lines behind nor use up their numbers: a store has 65 535, and the hub would be refused behind them', async () => {
    const virtual = testChannel({ kind: 'virtual', funds: 50n })
    const first = withOtherFunds(virtual, 70n)
    const store = memoryStore()
    await using s = await setup({ store })
    const above = testChannel()
    await s.watch(above.signed(1n, { locks: [first] }), undefined, 'strangers')
    await s.watch(first.signed(1n), above, 'strangers')
    const root = testChannel()
    const watched = await s.watch(root.signed(1n), undefined, 'mallory')
    for (let funds = 71n; funds < 221n; funds++) {
      const theirs = withOtherFunds(virtual, funds)
      await watched.publish(root.signed(funds, { locks: [theirs] }))
      const below = await s.watch(theirs.signed(1n), root, 'mallory')
      await below.stop()
    }
    const numbers = (await store.load(virtual.id))?.otherLines.map(({ number }) => number) ?? []
    // What her newest and older states lock stays.
    expect(numbers.length).toBeLessThan(100)
    expect(Math.max(...numbers)).toBeLessThan(100)
  })
})
