import { describe, expect, it } from 'vitest'
import type { Store } from '../../../src/adapter.ts'
import { concludes, modelChain, registers, type TestChannel, testChannel } from '../../../src/testing/index.ts'
import { settle, setup } from '../../support/setup.ts'
import { testStore } from '../../support/stores.ts'

/** The versions that are kept of a channel besides its newest one. */
async function keptVersions(store: Store, { id }: TestChannel): Promise<readonly bigint[]> {
  const versions: bigint[] = []
  for await (const { state } of store.history(id, 0)) versions.push(state.version)
  return versions
}

function family() {
  const [root, sub] = [testChannel(), testChannel({ kind: 'sub', funds: 10n })]
  return { root, sub, locks: { locks: [sub] } }
}

describe('the history of a locked channel', () => {
  it('D4: takes an older state at any time, where the watch began late', async () => {
    const { root, sub, locks } = family()
    await using s = await setup()
    await s.watch(root.signed(1n, locks))
    const below = await s.watch(sub.signed(8n), root)
    for (const version of [3n, 1n, 5n]) await below.publish(sub.signed(version))
    await s.watch(root.signed(1n, locks), undefined, 'another')
    await s.watch(sub.signed(2n), root, 'another')
    expect(await keptVersions(s.store, sub)).toEqual([1n, 3n, 5n])
    const stored = await s.store.load(sub.id)
    expect(stored?.newest.state.version).toBe(8n)
    // Another client's states are kept apart from ours, whatever their funds.
    expect(stored?.otherLines.map(({ newest }) => newest.state.version)).toEqual([2n])
    // What never was a state of it still is refused.
    await expect(below.publish({ ...sub.signed(4n), sigs: [] })).rejects.toMatchObject({ code: 'SIGNATURE_COUNT' })
  })

  it('D4: has every state that was acknowledged, also those that waited together', async () => {
    const { root, sub, locks } = family()
    await using s = await setup()
    const watch = await s.watch(root.signed(1n, locks))
    const below = await s.watch(sub.signed(0n), root)
    await Promise.all([4n, 1n, 3n, 2n].map((version) => below.publish(sub.signed(version))))
    expect(await keptVersions(s.store, sub)).toEqual([0n, 1n, 2n, 3n])
    // Of the root as well, where it locks something.
    await Promise.all([2n, 4n, 3n].map((version) => watch.publish(root.signed(version, locks))))
    expect(await keptVersions(s.store, root)).toEqual([1n, 2n, 3n])
  })

  it('D4: keeps what a state of it locks, until it ends', async () => {
    const { root, sub, locks } = family()
    const nested = testChannel({ kind: 'sub', funds: 5n })
    await using s = await setup()
    const watch = await s.watch(root.signed(1n, locks))
    const below = await s.watch(sub.signed(1n, { locks: [nested] }), root)
    const lowest = await s.watch(nested.signed(1n), sub)
    await below.publish(sub.signed(2n))
    await lowest.stop()
    await settle()
    expect(await s.store.load(nested.id)).toBeDefined()
    await watch.publish(root.signed(2n))
    await below.stop()
    await settle()
    expect(await s.store.load(sub.id)).toBeUndefined()
    expect(await s.store.load(nested.id)).toBeUndefined()
  })

  it('D4: is cut where it takes too much, which is told once; the first and the richest states stay', async () => {
    const { root, sub, locks } = family()
    await using s = await setup({ historyBytes: 10_000 })
    await s.watch(root.signed(1n, locks))
    const below = await s.watch(sub.signed(0n), root)
    // In a channel of 10 coins Alice has the most at version 10, and Bob at version 0.
    for (let version = 1n; version <= 200n; version++) await below.publish(sub.signed(version))
    const versions = await keptVersions(s.store, sub)
    expect(versions.length).toBeLessThan(100)
    expect(versions).toContain(0n)
    expect(versions).toContain(10n)
    expect(versions).toContain(199n)
    expect(below.told.filter((each) => each === 'endangered history-cut')).toHaveLength(1)
  })

  it('D4: forgets what a final record has made useless', async () => {
    const { root, sub, locks } = family()
    await using s = await setup({ chain: modelChain({ finalityDepth: 2n }) })
    await s.watch(root.signed(1n, locks))
    const below = await s.watch(sub.signed(1n), root)
    for (const version of [2n, 3n, 4n, 5n]) await below.publish(sub.signed(version))
    const own = testChannel({ duration: 0n })
    const cheat = own.signed(0n, locks)
    await s.mine({ calls: [registers(cheat, [sub.signed(3n)]), concludes(cheat, [sub.signed(3n)])] })
    expect(await keptVersions(s.store, sub)).toEqual([1n, 2n, 3n, 4n])
    for (let block = 0; block < 40; block++) await s.mine()
    expect(await keptVersions(s.store, sub)).toEqual([3n])
  })
})

describe('the history of a ledger channel', () => {
  it('D4: has its states with locks, and not much more than a thousand of them', async () => {
    const { root, sub, locks } = family()
    await using s = await setup()
    const watch = await s.watch(root.signed(1n, locks))
    await s.watch(sub.signed(1n), root)
    for (let version = 2n; version <= 1_400n; version++) await watch.publish(root.signed(version, locks))
    const versions = await keptVersions(s.store, root)
    expect(versions.length).toBeGreaterThanOrEqual(1_024)
    expect(versions.length).toBeLessThanOrEqual(1_280)
    expect(versions.at(-1)).toBe(1_399n)
  })

  it('D4: is forgotten once it locks nothing and has no record', async () => {
    const { root, sub, locks } = family()
    await using s = await setup()
    const watch = await s.watch(root.signed(1n))
    await s.watch(sub.signed(1n), root)
    await watch.publish(root.signed(2n, locks))
    await watch.publish(root.signed(3n, locks))
    expect(await keptVersions(s.store, root)).toEqual([1n, 2n])
    await watch.publish(root.signed(4n))
    expect(await keptVersions(s.store, root)).toEqual([])
  })

  it('D4: is empty where nothing is locked: one put for each state, and nothing else', async () => {
    const store = testStore()
    await using s = await setup({ store })
    const channel = testChannel()
    const watch = await s.watch(channel.signed(1n))
    const before = store.commits.length
    for (const version of [2n, 3n]) await watch.publish(channel.signed(version))
    const commits = store.commits.slice(before)
    expect(commits.map((changes) => changes.map(({ type }) => type))).toEqual([['putNewest'], ['putNewest']])
    await expect(watch.publish(channel.signed(1n))).rejects.toMatchObject({ code: 'VERSION_STALE' })
  })
})
