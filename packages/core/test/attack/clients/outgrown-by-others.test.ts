import { describe, expect, it } from 'vitest'
import { treeSize } from '../../../src/dispute/tree-size.ts'
import { memoryStore, type SignedState, WatcherError } from '../../../src/index.ts'
import { type ModelChain, modelBackend, modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { sentVersions } from '../../support/sent-versions.ts'
import { type Setup, setup } from '../../support/setup.ts'
import { withAppData } from '../support.ts'

const limits = { bytes: 20_000 }

/** A root whose newest state locks two sub-channels, each of which has grown by an update. */
function grown(bytes: number) {
  const [root, a, b] = [
    testChannel(),
    testChannel({ kind: 'sub', funds: 10n }),
    testChannel({ kind: 'sub', funds: 10n }),
  ]
  return {
    root,
    async watch(s: Setup): Promise<void> {
      const watch = await s.watch(root.signed(1n))
      const [first, second] = [await s.watch(a.signed(1n), root), await s.watch(b.signed(1n), root)]
      await watch.publish(root.signed(2n, { locks: [a, b] }))
      await first.publish(withAppData(a.signed(2n), bytes))
      await second.publish(withAppData(b.signed(2n), bytes - 1_000))
    },
  }
}

const sizeOf = (channel: SignedState, below: readonly SignedState[]): number =>
  treeSize(modelBackend, [channel, ...below]).bytes

async function strike({ chain, mine }: Setup, root: ReturnType<typeof testChannel>): Promise<void> {
  await mine({ calls: [registers(root.signed(1n))] })
  for (let block = 0; block < 4; block++) await mine()
  expect(chain.dispute(root.id)?.version).toBe(2n)
}

describe('a tree of a stranger that is full', () => {
  it('D1: keeps nobody from publishing what they lock as well', async () => {
    await using s = await setup({ chain: modelChain({ limits }) })
    const [root, own] = [testChannel(), testChannel()]
    const shared = testChannel({ kind: 'virtual', funds: 10n })
    const watch = await s.watch(root.signed(1n), undefined, 'hub')
    const ours = await s.watch(shared.signed(1n), root, 'hub')
    await s.watch(withAppData(own.signed(1n, { locks: [shared] }), 17_000), undefined, 'hostile')
    await s.watch(shared.signed(1n), own, 'hostile')
    await ours.publish(withAppData(shared.signed(2n), 6_000))
    await watch.publish(root.signed(2n, { locks: [shared] }))
    await strike(s, root)
    expect(sentVersions(s.chain)).toEqual([[2n, 2n]])
  })
})

describe('a tree that does not fit any more', () => {
  it('D1: because of a state that strangers gave a shared channel is registered with an older one of that', async () => {
    await using s = await setup({ chain: modelChain({ limits }) })
    const [root, own, sub] = [testChannel(), testChannel(), testChannel({ kind: 'sub', funds: 10n })]
    const shared = testChannel({ kind: 'virtual', funds: 10n })
    const watch = await s.watch(root.signed(1n), undefined, 'hub')
    const v = await s.watch(shared.signed(1n), root, 'hub')
    const below = await s.watch(sub.signed(1n), root, 'hub')
    await watch.publish(withAppData(root.signed(2n, { locks: [shared, sub] }), 6_000))
    await below.publish(withAppData(sub.signed(2n), 6_000))
    await s.watch(own.signed(1n, { locks: [shared] }), undefined, 'hostile')
    const theirs = await s.watch(shared.signed(1n), own, 'hostile')
    for (const version of [2n, 3n]) await theirs.publish(withAppData(shared.signed(version), 12_000))
    await strike(s, root)
    // The large one gives way, not the sub-channel.
    const sent = s.chain.sent.filter(({ channel }) => channel.state.channelId === root.id)
    expect(sentVersions({ sent })).toEqual([[2n, 1n, 2n]])
    expect(v.told.concat(watch.told)).toContainEqual(expect.stringContaining('tree-too-large'))
  })

  it('D1: because the limits have shrunk since is registered with the newest states that fit', async () => {
    const [chain, store] = [modelChain({ limits }), memoryStore()]
    const family = grown(8_000)
    {
      await using s = await setup({ chain, store })
      await family.watch(s)
    }
    const shrunk = { ...chain.limits, bytes: 12_000 }
    await using s = await setup({ chain, store, chainOverrides: { limits: shrunk } })
    await strike(s, family.root)
    // Of two large states the smaller one stays.
    expect(sentVersions(chain)).toEqual([[2n, 1n, 2n]])
  })

  it('D1: because the node takes less than the limits say is registered with smaller ones, for a while', async () => {
    const chain: ModelChain = modelChain({ limits })
    let taken = 12_000
    const refusals: number[] = []
    await using s = await setup({
      chain,
      chainOverrides: {
        async register(channel, below, options) {
          const size = sizeOf(channel, below)
          if (size <= taken) return await chain.register(channel, below, options)
          refusals.push(size)
          throw new WatcherError('TREE_TOO_LARGE', 'oversized data')
        },
      },
    })
    const family = grown(8_000)
    await family.watch(s)
    await strike(s, family.root)
    expect(sentVersions(chain)).toEqual([[2n, 1n, 2n]])
    expect(refusals.length).toBeGreaterThan(0)
    // Not once per block: each time it lasts twice as long.
    expect(refusals.length).toBeLessThan(8)
    // The node was changed: the larger tree gets through after all.
    taken = limits.bytes
    for (let block = 0; block < 30; block++) await s.mine()
    expect(sentVersions(chain).at(-1)).toEqual([2n, 2n, 2n])
  })
})
