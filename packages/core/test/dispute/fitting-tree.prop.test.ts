import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ChannelSize, perunRules, type RegistrationSizes } from '../../src/adapter.ts'
import type { ChannelView, FamilyView } from '../../src/dispute/family.ts'
import { lockMatches } from '../../src/dispute/lock-rules.ts'
import { type CostedPlan, planTree, planWithCost, type TreePlan } from '../../src/dispute/plan-tree.ts'
import { excessOf, treeSize } from '../../src/dispute/tree-size.ts'
import type { HeldState, SignedState, State } from '../../src/index.ts'
import { type TestChannel, testChannel } from '../../src/testing/index.ts'
import { planMemory } from '../../src/watcher/disputes/plan-memory.ts'
import { contract } from '../support/contract.ts'
import { stateHashOf } from '../support/fake-crypto.ts'
import { type Draw, drawFrom, held, roomy, tryCall } from '../support/random-family.ts'

/*
 * Families whose newest states are too much for one registration, against a search through all their trees: nothing of them is
 * registered yet, so that every state is admissible and only sizes, funds and locks decide.
 */

const evenly = [true, false] as const
const seldom = [false, false, false, false, true] as const
const sixteen = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] as const

function statesOf(draw: Draw, channel: TestChannel, lockable: readonly TestChannel[]): readonly SignedState[] {
  const count = draw([1, 2, 3, 4])
  return Array.from({ length: count }, (_, at) => {
    const locks = lockable
      .filter(() => draw(evenly))
      .map((child) => (draw(seldom) ? { ...child, funds: child.funds + 1n } : child))
    return channel.signed(BigInt(count - at), { locks })
  })
}

/** A ledger for which every state is as large as it is told, in both respects. */
function narrow(bytes: number, work: bigint, sizeOf: RegistrationSizes['sizeOf']): RegistrationSizes {
  return { ...roomy, limits: { ...roomy.limits, bytes, work }, sizeOf }
}

/** Every state takes as much as its hash says, of each of the two. */
function sizeByHash({ state }: SignedState): ChannelSize {
  const hash = stateHashOf(state)
  return { bytes: Number.parseInt(hash.slice(-1), 16), work: BigInt(`0x${hash.slice(-2, -1)}`) }
}

/** Drawn, not taken from anything that depends on what ran before: a seed that fails must fail again. */
function drawnSizes(draw: Draw): RegistrationSizes['sizeOf'] {
  const sizes = new Map<State, ChannelSize>()
  return ({ state }) => {
    const known = sizes.get(state)
    if (known !== undefined) return known
    const size = { bytes: draw(sixteen), work: BigInt(draw(sixteen)) }
    sizes.set(state, size)
    return size
  }
}

/** Newest first; nothing of it is registered. */
function viewOf({ id, params }: TestChannel, states: readonly SignedState[]): ChannelView {
  const candidates = states.map(held)
  const [newest] = candidates
  if (newest === undefined) throw new Error('a channel has states')
  return { id, params, newest, candidates, record: undefined }
}

/** Lower channels have less, so that any channel can lock all that come later, also several of them the same one. */
const family: fc.Arbitrary<FamilyView> = fc.noShrink(fc.integer()).map((seed) => {
  const draw = drawFrom(seed)
  const channels = [100_000n, 10_000n, 1_000n, 100n].map((funds, at) => {
    return testChannel({ kind: at === 0 ? 'ledger' : 'sub', funds })
  })
  const views = channels.map((channel, at) => viewOf(channel, statesOf(draw, channel, channels.slice(at + 1))))
  const [root] = views
  if (root === undefined) throw new Error('a family has a root')
  const sizeOf = drawnSizes(draw)
  // In the order of the channels, whoever asks first.
  for (const { params, candidates } of views) for (const each of candidates) sizeOf({ params, ...each })
  const room = narrow(draw([10, 20, 30, 40, 60]), draw([10n, 20n, 30n, 40n, 60n]), sizeOf)
  return { root, channels: new Map(views.map((each) => [each.id, each])), now: 1_000n, rules: perunRules, room }
})

/** Every tree with this state on top that has room and fills its locks, with any state in any place. */
function treesBelow(view: FamilyView, { params }: ChannelView, top: HeldState): readonly (readonly SignedState[])[] {
  let trees: readonly (readonly SignedState[])[] = [[{ params, ...top }]]
  for (const lock of top.state.outcome.locked) {
    const child = view.channels.get(lock.channelId)
    const filling = child?.candidates.filter(({ state }) => lockMatches(top.state, lock, state)) ?? []
    const parts = child === undefined ? [] : filling.flatMap((each) => treesBelow(view, child, each))
    trees = trees.flatMap((tree) => parts.map((part) => [...tree, ...part])).filter((tree) => fits(view, tree))
  }
  return trees.filter((tree) => fits(view, tree))
}

const takes = ([root, ...rest]: readonly SignedState[]): boolean =>
  root !== undefined && tryCall(() => contract.register(new Map(), root, rest, 1_000n)) !== undefined

const fits = ({ room }: FamilyView, tree: readonly SignedState[]): boolean =>
  excessOf(treeSize(room, tree), room.limits) === undefined

const treeOf = (plan: TreePlan): readonly SignedState[] =>
  plan.type === 'tree' ? plan.nodes.map(({ channel, held }) => ({ params: channel.params, ...held })) : []

const versionOf = ([root]: readonly SignedState[]): bigint => root?.state.version ?? -1n

describe('planTree, where not everything fits', () => {
  it('D1: finds a tree wherever there is one that fits, with the newest root state that any of them allows', () => {
    const seen = { fitting: 0, smaller: 0, older: 0, none: 0 }
    const property = fc.property(family, (view) => {
      const plan = planTree(view)
      const tree = treeOf(plan)
      if (plan.type === 'tree') expect([fits(view, tree), takes(tree)]).toEqual([true, true])
      const newer = view.root.candidates.filter(({ state }) => state.version > versionOf(tree))
      const better = newer.flatMap((held) => treesBelow(view, view.root, held)).find(takes)
      expect(better).toBeUndefined()
      if (plan.type === 'obstructed') seen.none += 1
      else if (plan.passedOver === undefined) seen.fitting += 1
      else if (plan.nodes[0].held === view.root.newest) seen.smaller += 1
      else seen.older += 1
    })
    fc.assert(property, { numRuns: 400 })
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(5)
  })

  it('D1: gives a channel that is locked twice a newer state in the second place where only that fits', () => {
    const shared = testChannel({ kind: 'sub', funds: 10n })
    const sub = testChannel({ kind: 'sub', funds: 100n })
    const top = testChannel()
    /** Two states of the shared channel fit together only where they are different ones. */
    function planWith(isFirstFinal: boolean): TreePlan {
      const [long, costly] = [shared.signed(2n), shared.signed(1n, { isFinal: isFirstFinal })]
      const sizes = new Map<State, ChannelSize>([
        [long.state, { bytes: 5, work: 1n }],
        [costly.state, { bytes: 1, work: 5n }],
      ])
      const room = narrow(6, 6n, ({ state }) => sizes.get(state) ?? { bytes: 0, work: 0n })
      const root = viewOf(top, [top.signed(2n, { locks: [shared, sub] }), top.signed(1n)])
      const others = [viewOf(sub, [sub.signed(1n, { locks: [shared] })]), viewOf(shared, [long, costly])]
      const channels = new Map([root, ...others].map((each) => [each.id, each]))
      return planTree({ root, channels, now: 1_000n, rules: perunRules, room })
    }
    const tree = treeOf(planWith(false))
    expect(tree.map(({ state }) => state.version)).toEqual([2n, 1n, 1n, 2n])
    expect(takes(tree)).toBe(true)
    // Nothing follows a final state, so an older root state is the best there is.
    expect(treeOf(planWith(true)).map(({ state }) => state.version)).toEqual([1n])
  })

  it('D1: no channel of it could have a newer state while the others keep theirs', () => {
    const property = fc.property(family, (view) => {
      const plan = planTree(view)
      if (plan.type !== 'tree') return
      for (const { channel, held: chosen } of plan.nodes.slice(1)) {
        const newer = channel.candidates.filter(({ state }) => state.version > chosen.state.version)
        for (const instead of newer) {
          const tree = plan.nodes.map((node) => ({
            params: node.channel.params,
            ...(node.channel.id === channel.id ? instead : node.held),
          }))
          expect(fits(view, tree) && takes(tree)).toBe(false)
        }
      }
    })
    fc.assert(property, { numRuns: 200 })
  })

  it('D1: comes to an end where every channel has many states that are large in different respects', () => {
    const subs = Array.from({ length: 50 }, () => testChannel({ kind: 'sub', funds: 1n }))
    const views = subs.map((sub) => {
      return viewOf(
        sub,
        Array.from({ length: 40 }, (_, at) => sub.signed(BigInt(40 - at))),
      )
    })
    const top = testChannel()
    const root = viewOf(
      top,
      [3n, 2n, 1n].map((version) => top.signed(version, { locks: subs })),
    )
    const channels = new Map([root, ...views].map((each) => [each.id, each]))
    const room = narrow(200, 200n, sizeByHash)
    const plan = planTree({ root, channels, now: 1n, rules: perunRules, room })
    expect(plan.type === 'tree' && plan.nodes[0].held.state.version).toBe(3n)
  })
})

/** The same family with objects of its own, as if loaded anew. */
function reloaded({ root, channels, ...rest }: FamilyView): FamilyView {
  const copies = [...channels.values()].map((channel): ChannelView => {
    const candidates = channel.candidates.map((each) => ({ ...each }))
    const newest = candidates.find(({ hash }) => hash === channel.newest.hash) ?? channel.newest
    return { ...channel, candidates, newest }
  })
  const views = new Map(copies.map((copy) => [copy.id, copy]))
  return { ...rest, root: views.get(root.id) ?? root, channels: views }
}

function withChannel(view: FamilyView, changed: ChannelView): FamilyView {
  const channels = new Map(view.channels).set(changed.id, changed)
  return { ...view, channels, root: channels.get(view.root.id) ?? view.root }
}

/** What may happen to a family: each makes another plan possible. */
const changes: readonly ((view: FamilyView, channel: ChannelView) => FamilyView)[] = [
  (view) => view,
  (view, channel) => withChannel(view, { ...channel, candidates: channel.candidates.slice(1) }),
  (view, channel) => {
    const [oldest] = channel.candidates.slice(-1)
    if (oldest === undefined) return view
    const { version } = oldest.state
    const record = { version, phase: 'dispute', timeout: 1_100n, stateHash: oldest.hash, blockNumber: 7n } as const
    return withChannel(view, { ...channel, record })
  },
  (view) => ({ ...view, now: 5_000n }),
  (view) => ({ ...view, room: { ...view.room, limits: { ...view.room.limits, bytes: 5 } } }),
]

function outline({ plan, ...costs }: CostedPlan): unknown {
  if (plan.type === 'obstructed') return { plan, ...costs }
  const nodes = plan.nodes.map(({ channel, held }) => [channel.id, held.hash])
  return { plan: { ...plan, nodes }, ...costs }
}

/** Whether it consists of what belongs to the family. */
function isOf({ channels }: FamilyView, plan: TreePlan): boolean {
  if (plan.type === 'obstructed') return true
  return plan.nodes.every(({ channel, held }) => {
    return channels.get(channel.id) === channel && channel.candidates.includes(held)
  })
}

describe('planMemory', () => {
  it('D10: plans like planTree whatever changes, with the objects of the family that it is asked about', () => {
    const steps = fc.array(fc.record({ change: fc.constantFrom(...changes), at: fc.nat(3) }), { maxLength: 6 })
    let recalled = 0
    const property = fc.property(family, steps, (first, all) => {
      const memory = planMemory(() => 0.5)
      let view = first
      memory.plan(view)
      for (const { change, at } of all) {
        view = change(reloaded(view), [...view.channels.values()][at] ?? view.root)
        const remembered = memory.plan(view)
        expect(outline(remembered)).toEqual(outline(planWithCost(view)))
        if (remembered.isSearched && change === changes[0]) recalled += 1
        expect(isOf(view, remembered.plan)).toBe(true)
      }
    })
    fc.assert(property, { numRuns: 300 })
    expect(recalled).toBeGreaterThan(20)
  })

  it('D10: does not search again where nothing changed', () => {
    let sized = 0
    const [top, sub] = [testChannel(), testChannel({ kind: 'sub', funds: 10n })]
    const room = narrow(1, 1n, () => {
      sized += 1
      return { bytes: 1, work: 1n }
    })
    const views = [viewOf(top, [top.signed(2n, { locks: [sub] })]), viewOf(sub, [sub.signed(2n), sub.signed(1n)])]
    const [root] = views
    if (root === undefined) throw new Error('a family has a root')
    const channels = new Map(views.map((each) => [each.id, each]))
    const view: FamilyView = { root, channels, now: 1_000n, rules: perunRules, room }
    const memory = planMemory(() => 0.5)
    expect(memory.plan(view).isSearched).toBe(true)
    const before = sized
    for (let block = 0; block < 10; block++) memory.plan({ ...reloaded(view), now: 1_000n + BigInt(block) })
    expect(sized).toBe(before)
  })
})
