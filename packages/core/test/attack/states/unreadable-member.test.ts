import { describe, expect, it } from 'vitest'
import type { Store } from '../../../src/adapter.ts'
import { type ChannelId, memoryStore } from '../../../src/index.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { settle, setup } from '../../support/setup.ts'

type Trouble = () => Promise<never>

const troubles: Readonly<Record<string, Trouble>> = {
  'never answers': () => new Promise<never>(() => {}),
  'fails at once': async () => {
    throw new Error('EIO')
  },
}

/** A store in which some channels cannot be read, as long as there is a trouble. */
function storeWith(inner: Store) {
  const unreadable = new Set<ChannelId>()
  let trouble: Trouble | undefined
  const store: Store = {
    ...inner,
    load: (id, options) => (trouble !== undefined && unreadable.has(id) ? trouble() : inner.load(id, options)),
  }
  return {
    store,
    unreadable,
    begin(next: Trouble) {
      trouble = next
    },
    end() {
      trouble = undefined
    },
  }
}

const kinds = Object.entries(troubles).map(([what, trouble]) => ({ what, trouble }))

describe('a member that cannot be read', () => {
  it.each(kinds)('does not hold up its family, where a tree can do without it: $what', async ({ trouble }) => {
    const [chain, disk] = [modelChain(), storeWith(memoryStore())]
    const [root, sub] = [testChannel({ duration: 3_600n }), testChannel({ kind: 'sub', funds: 10n })]
    {
      await using s = await setup({ chain, store: disk.store })
      const watch = await s.watch(root.signed(1n))
      await watch.publish(root.signed(4n))
      await s.watch(sub.signed(1n), root)
      await watch.publish(root.signed(5n, { locks: [sub] }))
    }
    disk.unreadable.add(sub.id)
    disk.begin(trouble)
    await using s = await setup({ chain, store: disk.store })
    await s.mine({ calls: [registers(root.signed(1n))] })
    for (let block = 0; block < 4; block++) await s.mine()
    expect(chain.dispute(root.id)?.version).toBe(4n)
    disk.end()
    for (let block = 0; block < 6; block++) await s.mine()
    // Read again, so that nothing is lost in the end.
    expect(chain.dispute(root.id)?.version).toBe(5n)
  })

  it.each(kinds)('does not hold up another family that shares a channel with its own: $what', async ({ trouble }) => {
    const [chain, disk] = [modelChain(), storeWith(memoryStore())]
    const [one, other] = [testChannel({ duration: 3_600n }), testChannel({ duration: 3_600n })]
    const shared = testChannel({ kind: 'virtual', funds: 10n })
    {
      await using s = await setup({ chain, store: disk.store })
      for (const root of [one, other]) {
        await s.watch(root.signed(2n, { locks: [shared] }))
        await s.watch(shared.signed(3n), root)
      }
    }
    disk.unreadable.add(other.id)
    disk.begin(trouble)
    await using s = await setup({ chain, store: disk.store })
    const foreign = testChannel({ duration: 3_600n }).signed(1n, { locks: [shared] })
    await s.mine({ calls: [registers(foreign, [shared.signed(1n)])] })
    for (let block = 0; block < 5; block++) await s.mine()
    expect(chain.dispute(shared.id)?.version).toBe(3n)
  })

  it.each(kinds)('is looked at again, though nothing else seems to be wrong without it: $what', async ({ trouble }) => {
    const [chain, disk] = [modelChain(), storeWith(memoryStore())]
    const [root, sub] = [testChannel({ duration: 3_600n }), testChannel({ kind: 'sub', funds: 10n })]
    await using s = await setup({ chain, store: disk.store, stateCacheBytes: 1, refuteDepth: 2n })
    await s.watch(root.signed(1n, { locks: [sub] }))
    await s.watch(sub.signed(2n), root)
    await s.mine({ calls: [registers(root.signed(1n, { locks: [sub] }), [sub.signed(1n)])] })
    disk.unreadable.add(sub.id)
    disk.begin(trouble)
    // The answer was about to be sent: now there is nothing to answer.
    for (let block = 0; block < 4; block++) await s.mine()
    expect(chain.sent).toEqual([])
    disk.end()
    for (let block = 0; block < 4; block++) await s.mine()
    expect(chain.dispute(sub.id)?.version).toBe(2n)
  })

  it('is read again where no block comes for long', async () => {
    const [chain, disk] = [modelChain(), storeWith(memoryStore())]
    const [root, sub] = [testChannel({ duration: 3_600n }), testChannel({ kind: 'sub', funds: 10n })]
    {
      await using s = await setup({ chain, store: disk.store })
      const watch = await s.watch(root.signed(4n))
      await s.watch(sub.signed(1n), root)
      await watch.publish(root.signed(5n, { locks: [sub] }))
    }
    disk.unreadable.add(sub.id)
    await using s = await setup({ chain, store: disk.store })
    disk.begin(async () => {
      throw new Error('EIO')
    })
    await s.mine({ calls: [registers(root.signed(4n))] })
    await s.clock.pass(5_000)
    expect(chain.sent).toEqual([])
    disk.end()
    // The next block may be minutes away.
    await s.clock.pass(60_000)
    await settle()
    expect(chain.sent.map(({ channel }) => channel.state.version)).toEqual([5n])
  })

  it('costs no root state where it can be read again after a moment', async () => {
    const [chain, disk] = [modelChain(), storeWith(memoryStore())]
    const [root, sub] = [testChannel({ duration: 3_600n }), testChannel({ kind: 'sub', funds: 10n })]
    {
      await using s = await setup({ chain, store: disk.store })
      const watch = await s.watch(root.signed(4n))
      await s.watch(sub.signed(1n), root)
      await watch.publish(root.signed(5n, { locks: [sub] }))
    }
    let failures = 0
    disk.unreadable.add(sub.id)
    disk.begin(async () => {
      failures += 1
      if (failures === 2) disk.end()
      throw new Error('EIO')
    })
    await using s = await setup({ chain, store: disk.store })
    await s.mine({ calls: [registers(root.signed(1n))] })
    for (let block = 0; block < 3; block++) await s.mine()
    expect(chain.sent.map(({ channel }) => channel.state.version)).toEqual([5n])
  })
})
