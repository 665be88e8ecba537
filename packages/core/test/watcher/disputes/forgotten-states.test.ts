import { describe, expect, it } from 'vitest'
import { concludes, progresses, registers, type TestChannel, testChannel } from '../../../src/testing/index.ts'
import { withOtherFunds } from '../../support/other-funds.ts'
import { setup } from '../../support/setup.ts'

// The smallest games in which a watcher that forgets an acknowledged state loses what one that keeps all of them wins. An
// adversary's own ledger channel of duration 0 is registered and concluded within one block, with anything below it.

const ownRoot = (): TestChannel => testChannel({ duration: 0n })

/** Closes a sub-channel at a state of the adversary's choice: two calls of one block, hidden from recovery. */
function closes(sub: TestChannel, version: bigint) {
  const [own, at] = [ownRoot(), sub.signed(version)]
  const root = own.signed(0n, { locks: [sub] })
  return [registers(root, [at], true), concludes(root, [at])]
}

describe('a state that was superseded', () => {
  it('D4: G-T3: is repeated where its sub-channel was concluded at it below another root', async () => {
    await using s = await setup()
    const [root, sub] = [testChannel(), testChannel({ kind: 'sub', funds: 10n })]
    const locks = { locks: [sub] }
    const watch = await s.watch(root.signed(1n, locks))
    const below = await s.watch(sub.signed(1n), root)
    await below.publish(sub.signed(2n))
    await watch.publish(root.signed(2n, locks))
    await s.mine({ calls: [registers(root.signed(1n, locks), [sub.signed(1n)], true), ...closes(sub, 1n)] })
    await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
    expect(s.chain.dispute(sub.id)?.version).toBe(1n)
  })

  it('D4: P-B: is repeated whichever of many it is', async () => {
    for (const version of [1n, 2n, 3n, 4n]) {
      await using s = await setup()
      const [root, sub] = [testChannel(), testChannel({ kind: 'sub', funds: 10n })]
      const watch = await s.watch(root.signed(1n))
      const below = await s.watch(sub.signed(1n), root)
      await watch.publish(root.signed(2n, { locks: [sub] }))
      for (const next of [2n, 3n, 4n, 5n]) await below.publish(sub.signed(next))
      await s.mine({ calls: [registers(root.signed(1n)), ...closes(sub, version)] })
      await s.mine()
      expect(s.chain.dispute(root.id)?.version).toBe(2n)
      expect(s.chain.dispute(sub.id)?.version).toBe(version)
    }
  })

  it('D4: G-T1d, P-C: takes the place of all newer ones, where the channel that they lock is played', async () => {
    await using s = await setup()
    const root = testChannel()
    const sub = testChannel({ kind: 'sub', funds: 10n, duration: 1n, hasApp: true })
    const locks = { locks: [sub] }
    const watch = await s.watch(root.signed(1n, locks))
    await s.watch(sub.signed(1n), root)
    await watch.publish(root.signed(2n))
    await watch.publish(root.signed(3n, locks))
    // Sub-channel version 2 is in flight: the adversary alone holds it.
    await s.mine({ calls: [registers(root.signed(1n, locks), [sub.signed(2n)], true)], withPending: false })
    await s.mine({ calls: [progresses(sub.signed(2n), sub.signed(3n))], withPending: false })
    await s.mine()
    await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
  })

  it('D4: G-T1c: takes the place of newer ones, where the channel that they lock is registered with other funds', async () => {
    await using s = await setup()
    const [root, virtual] = [testChannel(), testChannel({ kind: 'virtual', funds: 10n })]
    const locks = { locks: [virtual] }
    const watch = await s.watch(root.signed(1n))
    await watch.publish(root.signed(2n))
    await watch.publish(root.signed(3n, locks))
    await s.watch(virtual.signed(1n), root)
    await watch.publish(root.signed(4n, locks))
    const [own, theirs] = [ownRoot(), withOtherFunds(virtual, 20n)]
    const cheat = own.signed(0n, { locks: [theirs] })
    const barred = [registers(cheat, [theirs.signed(9n)], true), concludes(cheat, [theirs.signed(9n)])]
    await s.mine({ calls: [registers(root.signed(1n)), ...barred], withPending: false, seconds: 12n })
    await s.mine()
    await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
  })

  it('D4: play: lets the root be opened before the sub-channel that it locks is played', async () => {
    await using s = await setup()
    const root = testChannel()
    const sub = testChannel({ kind: 'sub', funds: 10n, duration: 60n, hasApp: true })
    const foreign = ownRoot()
    await s.watch(root.signed(1n, { locks: [sub] }))
    const below = await s.watch(sub.signed(1n), root)
    await below.publish(sub.signed(2n))
    await s.mine({ calls: [registers(foreign.signed(0n, { locks: [sub] }), [sub.signed(1n)], true)] })
    for (let block = 0; block < 5; block++) await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(1n)
  })

  it('D4: P-F: keeps what it locks, though the channel that it is of has released it', async () => {
    await using s = await setup()
    const root = testChannel()
    const nested = testChannel({ kind: 'sub', funds: 5n })
    const sub = testChannel({ kind: 'sub', funds: 10n })
    const locks = { locks: [sub] }
    const watch = await s.watch(root.signed(1n))
    await watch.publish(root.signed(2n, locks))
    const below = await s.watch(sub.signed(1n, { locks: [nested] }), root)
    const lowest = await s.watch(nested.signed(1n), sub)
    await below.publish(sub.signed(2n))
    await lowest.stop()
    const [own, at] = [ownRoot(), sub.signed(1n, { locks: [nested] })]
    const cheat = own.signed(0n, locks)
    const closing = [registers(cheat, [at, nested.signed(1n)], true), concludes(cheat, [at, nested.signed(1n)])]
    await s.mine({ calls: [registers(root.signed(1n)), ...closing] })
    await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
  })

  it('D4: P-G0: of a root is repeated where only it can raise what it locks', async () => {
    await using s = await setup()
    const [root, sub] = [testChannel({ duration: 60n }), testChannel({ kind: 'sub', funds: 10n, duration: 600n })]
    const locks = { locks: [sub] }
    const watch = await s.watch(root.signed(1n))
    await watch.publish(root.signed(2n, locks))
    const below = await s.watch(sub.signed(1n), root)
    await s.mine({ calls: [registers(root.signed(1n), [], true)], withPending: false })
    await watch.publish(root.signed(3n, locks))
    await below.publish(sub.signed(2n))
    // The late strike: the last block of the root's window, and then it is over.
    await s.mine({ calls: [registers(root.signed(2n, locks), [sub.signed(1n)], true)], withPending: false })
    await s.mine({ seconds: 100n, withPending: false })
    await s.mine()
    await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
    expect(s.chain.dispute(sub.id)?.version).toBe(2n)
  })
})
