import { describe, expect, it } from 'vitest'
import type { ChannelView, FamilyView } from '../../src/dispute/family.ts'
import { planTree } from '../../src/dispute/plan-tree.ts'
import type { HeldState, OnChainRecord, SignedState } from '../../src/index.ts'
import { modelBackend, testChannel } from '../../src/testing/index.ts'
import { stateHashOf } from '../support/fake-crypto.ts'
import { held, roomy } from '../support/random-family.ts'
import { family as familyAt, view } from '../support/views.ts'

const now = 1_000n
const maxTreeSize = roomy.limits.channels

const family = (root: ChannelView, ...others: readonly ChannelView[]): FamilyView => familyAt(root, others, now)

function recordOf({ state }: SignedState, more: Partial<OnChainRecord> = {}): OnChainRecord {
  const open = { phase: 'dispute', timeout: now + 100n, blockNumber: 1n } as const
  return { version: state.version, stateHash: stateHashOf(state), ...open, ...more }
}

/** `version` of each channel in the tree, or the reason why there is none. */
function summary(view: FamilyView): readonly (bigint | string)[] {
  const plan = planTree(view)
  return plan.type === 'tree' ? plan.nodes.map((node) => node.held.state.version) : [plan.obstacle.reason]
}

describe('planTree, of what could not be settled', () => {
  it('registers it all the same: it is held, and an older state in its place would be worse', () => {
    const channel = testChannel()
    const room = { ...modelBackend, sizeOf: () => ({ bytes: 1, work: 1n, settling: 10n ** 9n }) }
    const plan = planTree({ ...family(view(channel, channel.signed(4n))), room })
    expect(plan).toMatchObject({ type: 'tree', nodes: [{ held: { state: { version: 4n } } }] })
    const tight = { ...modelBackend, sizeOf: () => ({ bytes: 1, work: 10n ** 9n }) }
    expect(planTree({ ...family(view(channel, channel.signed(4n))), room: tight }).type).toBe('obstructed')
  })
})

describe('planTree', () => {
  const child = testChannel({ kind: 'sub', funds: 100n })
  const parent = testChannel()
  const locks = { locks: [child] }

  it('takes the newest state of each channel', () => {
    const root = view(parent, parent.signed(4n, locks), { record: recordOf(parent.signed(2n, locks)) })
    expect(summary(family(root, view(child, child.signed(9n))))).toEqual([4n, 9n])
  })

  it('repeats the registered state where the window is closed', () => {
    const registered = held(child.signed(3n))
    const record = recordOf(child.signed(3n), { timeout: now })
    const root = view(parent, parent.signed(4n, locks))
    expect(summary(family(root, view(child, child.signed(9n), { registered, record })))).toEqual([4n, 3n])
    expect(summary(family(root, view(child, child.signed(9n), { record })))).toEqual(['state-unknown'])
  })

  it('repeats the registered state where it is newer than ours', () => {
    const newer = child.signed(12n)
    const root = view(parent, parent.signed(4n, locks))
    const of = (registered: HeldState | undefined) =>
      summary(family(root, view(child, child.signed(9n), { registered, record: recordOf(newer) })))
    expect(of(held(newer))).toEqual([4n, 12n])
    expect(of(undefined)).toEqual(['state-unknown'])
  })

  it('never takes another state with the version of the record', () => {
    const record = recordOf(child.signed(9n, { isFinal: true }))
    const root = view(parent, parent.signed(4n, locks))
    expect(summary(family(root, view(child, child.signed(9n), { record })))).toEqual(['state-unknown'])
  })

  it('takes the version for the state while only the log is known', () => {
    const record = recordOf(child.signed(9n), { stateHash: undefined, timeout: now })
    const root = view(parent, parent.signed(4n, locks))
    expect(summary(family(root, view(child, child.signed(9n), { record })))).toEqual([4n, 9n])
  })

  it('falls back to the newest complete tree while a locked channel is unknown, and says so', () => {
    const fallback = held(parent.signed(3n))
    const view3 = family(view(parent, parent.signed(4n, locks), { fallback }))
    expect(summary(view3)).toEqual([3n])
    expect(planTree(view3)).toMatchObject({ passedOver: { channelId: child.id, reason: 'sub-channel-unknown' } })
    expect(summary(family(view(parent, parent.signed(4n, locks))))).toEqual(['sub-channel-unknown'])
  })

  it('says of several states that it passes over what is wrong with the newest', () => {
    const other = testChannel({ kind: 'sub', funds: 100n })
    const newest = parent.signed(4n, locks)
    const fallback = held(parent.signed(3n, { locks: [other] }))
    const registered = held(parent.signed(2n))
    const missing = { channelId: child.id, reason: 'sub-channel-unknown' }
    expect(planTree(family(view(parent, newest, { fallback, registered })))).toMatchObject({ passedOver: missing })
    expect(planTree(family(view(parent, newest, { fallback })))).toMatchObject({ obstacle: missing })
  })

  it('refuses a tree whose funds do not add up', () => {
    const root = view(parent, parent.signed(4n, { locks: [{ ...child, funds: 99n }] }))
    expect(summary(family(root, view(child, child.signed(9n))))).toEqual(['lock-mismatch'])
  })

  it('replaces a force-executed or concluded record by nothing', () => {
    for (const phase of ['forceExec', 'concluded'] as const) {
      const record = recordOf(parent.signed(2n), { phase })
      expect(summary(family(view(parent, parent.signed(4n), { record })))).toEqual(['state-unknown'])
    }
  })

  it('comes to an end where a channel is locked below itself', () => {
    const one = testChannel({ kind: 'sub', funds: 10n })
    const two = testChannel({ kind: 'sub', funds: 10n })
    const members = [view(one, one.signed(1n, { locks: [two] })), view(two, two.signed(1n, { locks: [one] }))]
    expect(summary(family(view(parent, parent.signed(1n, { locks: [one] })), ...members))).toEqual(['lock-mismatch'])
  })

  it('refuses more channels than a block has room for, wide or deep', () => {
    const many = Array.from({ length: maxTreeSize }, () => testChannel({ kind: 'sub', funds: 0n }))
    const wide = many.map((channel) => view(channel, channel.signed(1n)))
    expect(summary(family(view(parent, parent.signed(1n, { locks: many })), ...wide))).toEqual(['tree-too-large'])
    const deep = many.map((channel, at) => {
      const next = many[at + 1]
      return view(channel, channel.signed(1n, { locks: next === undefined ? [] : [next] }))
    })
    const top = view(parent, parent.signed(1n, { locks: many.slice(0, 1) }))
    expect(summary(family(top, ...deep))).toEqual(['tree-too-large'])
  })

  it('takes the largest tree that is allowed', () => {
    const many = Array.from({ length: maxTreeSize - 1 }, () => testChannel({ kind: 'sub', funds: 0n }))
    const wide = many.map((channel) => view(channel, channel.signed(1n)))
    expect(summary(family(view(parent, parent.signed(1n, { locks: many })), ...wide))).toHaveLength(maxTreeSize)
  })

  it('plans each channel once, however often it is locked', () => {
    // Thirty storeys, each channel locked twice by the storey above: 2^30 paths.
    const storeys = Array.from({ length: 30 }, () => [0, 1].map(() => testChannel({ kind: 'sub', funds: 0n })))
    const views = storeys.flatMap((storey, at) =>
      storey.map((channel) => view(channel, channel.signed(1n, { locks: storeys[at + 1] ?? [] }))),
    )
    const root = view(parent, parent.signed(1n, { locks: storeys[0] ?? [] }))
    expect(summary(family(root, ...views))).toEqual(['tree-too-large'])
  })

  it('comes to an end quickly where every storey has several states and the lowest channel is missing', () => {
    const unknown = testChannel({ kind: 'sub', funds: 0n })
    const storeys = Array.from({ length: maxTreeSize - 5 }, () => testChannel({ kind: 'sub', funds: 0n }))
    const views = storeys.map((channel, at) => {
      const below = { locks: [storeys[at + 1] ?? unknown] }
      return view(channel, channel.signed(3n, below), {
        fallback: held(channel.signed(2n, below)),
        registered: held(channel.signed(1n, below)),
        record: recordOf(channel.signed(1n, below)),
      })
    })
    const root = view(parent, parent.signed(1n, { locks: storeys.slice(0, 1) }))
    expect(summary(family(root, ...views))).toEqual(['sub-channel-unknown'])
  })
})
