import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../src/index.ts'
import { concludes, modelChain, progresses, registers, testChannel } from '../../../src/testing/index.ts'
import { withOtherFunds } from '../../support/other-funds.ts'
import { setup } from '../../support/setup.ts'
import { closes } from '../support.ts'

describe('attacks that held', () => {
  it('coalesced batch whose newest was aborted', async () => {
    await using s = await setup()
    const root = testChannel()
    const watch = await s.watch(root.signed(1n))
    const giveUp = new AbortController()
    const all = [2n, 3n, 4n].map((version) =>
      watch.publish(root.signed(version), version === 4n ? { signal: giveUp.signal } : undefined),
    )
    giveUp.abort()
    await Promise.allSettled(all)
    await s.mine({ calls: [registers(root.signed(1n))] })
    await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBeGreaterThanOrEqual(3n)
  })

  it('final that arrives while a registration is in flight, holder hangs', async () => {
    const chain = modelChain()
    await using s = await setup({
      chain,
      chainOverrides: {
        concludeFinal: (_, { signal }) =>
          new Promise((_r, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
      },
    })
    const root = testChannel({ duration: 300n })
    const watch = await s.watch(root.signed(1n))
    await watch.publish(root.signed(8n))
    await s.mine({ calls: [registers(root.signed(1n))], withPending: false })
    await watch.publish(root.signed(9n, { isFinal: true }))
    for (let n = 0; n < 24; n++) await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(9n)
  })

  it('final with the version of the played record', async () => {
    await using s = await setup()
    const root = testChannel({ duration: 60n, hasApp: true })
    const watch = await s.watch(root.signed(1n))
    await s.mine({ calls: [registers(root.signed(1n))] })
    await s.mine({ seconds: 100n })
    await s.mine({ calls: [progresses(root.signed(1n), root.signed(2n))] })
    await watch.publish(root.signed(2n, { isFinal: true }))
    await s.mine()
    await s.mine()
    expect(s.chain.dispute(root.id)).toMatchObject({ version: 2n, phase: 'concluded' })
  })

  it('nested, released, out of order, restarted', async () => {
    const store = memoryStore()
    const chain = modelChain()
    const root = testChannel()
    const nested = testChannel({ kind: 'sub', funds: 5n })
    const sub = testChannel({ kind: 'sub', funds: 10n })
    const first = await setup({ store: { ...store, close: async () => {} }, chain })
    const watch = await first.watch(root.signed(1n))
    const below = await first.watch(sub.signed(1n, { locks: [nested] }), root)
    const lowest = await first.watch(nested.signed(1n), sub)
    await lowest.publish(nested.signed(3n))
    await lowest.publish(nested.signed(2n))
    await watch.publish(root.signed(4n, { locks: [sub] }))
    await watch.publish(root.signed(3n, { locks: [sub] })).catch(() => {})
    await watch.publish(root.signed(2n))
    await below.publish(sub.signed(5n))
    await lowest.stop()
    await first.engine.shutdown()
    await using s = await setup({ store, chain })
    const own = testChannel({ duration: 0n }).signed(0n, { locks: [sub] })
    const states = [sub.signed(1n, { locks: [nested] }), nested.signed(2n)]
    await s.mine({ calls: [registers(root.signed(1n)), registers(own, states, true), concludes(own, states)] })
    await s.mine()
    await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(4n)
  })

  it('late watch whose first readings fail', async () => {
    await using s = await setup()
    const root = testChannel()
    await s.mine({ calls: [registers(root.signed(1n))] })
    let left = 3
    s.chain.faults.readRecord = () => {
      if (left-- > 0) throw new Error('busy')
    }
    await s.watch(root.signed(2n))
    for (let n = 0; n < 4; n++) await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
  })

  it('second line: closed at one of its older states, after a restart, first line final', async () => {
    const store = memoryStore()
    const chain = modelChain()
    const first = await setup({ store: { ...store, close: async () => {} }, chain })
    const [root, own] = [testChannel(), testChannel()]
    const virtual = testChannel({ kind: 'virtual', funds: 10n })
    await first.watch(own.signed(1n), undefined, 'hostile')
    const other = withOtherFunds(virtual, 20n)
    const theirs = await first.watch(other.signed(1n), own, 'hostile')
    const watch = await first.watch(root.signed(1n))
    const v = await first.watch(virtual.signed(1n), root)
    await v.publish(virtual.signed(2n))
    await v.publish(virtual.signed(3n))
    await watch.publish(root.signed(2n, { locks: [virtual] }))
    await theirs.publish(other.signed(1000n, { isFinal: true }))
    await theirs.stop()
    await first.engine.shutdown()
    await using s = await setup({ store, chain })
    await s.mine({ calls: [registers(root.signed(1n)), ...closes(virtual, 2n)] })
    await s.mine()
    await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
  })

  it('two roots of two clients over one virtual channel, one of them played', async () => {
    await using s = await setup()
    const [a, b] = [testChannel({ hasApp: true, duration: 60n }), testChannel()]
    const virtual = testChannel({ kind: 'virtual', funds: 10n })
    await s.watch(a.signed(1n, { locks: [virtual] }), undefined, 'hostile')
    await s.watch(virtual.signed(1n), a, 'hostile')
    const watch = await s.watch(b.signed(1n))
    const v = await s.watch(virtual.signed(1n), b)
    await watch.publish(b.signed(2n, { locks: [virtual] }))
    await v.publish(virtual.signed(2n))
    await s.mine({
      calls: [registers(a.signed(1n, { locks: [virtual] }), [virtual.signed(1n)], true)],
      withPending: false,
    })
    await s.mine({ seconds: 61n, withPending: false })
    await s.mine({
      calls: [
        progresses(a.signed(1n, { locks: [virtual] }), a.signed(2n, { locks: [virtual] })),
        registers(b.signed(1n)),
      ],
      withPending: false,
    })
    for (let n = 0; n < 5; n++) await s.mine()
    expect(s.chain.dispute(b.id)?.version).toBe(2n)
    expect(s.chain.dispute(virtual.id)?.version).toBe(2n)
  })
})
