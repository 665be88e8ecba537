import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planTree, type TreePlan } from '../../src/dispute/plan-tree.ts'
import { isAdmissible } from '../../src/dispute/record-rules.ts'
import type { SignedState } from '../../src/index.ts'
import { contract } from '../support/contract.ts'
import { allTrees, type RandomFamily, randomFamily, tryCall } from '../support/random-family.ts'

function statesOf(plan: Extract<TreePlan, { type: 'tree' }>): readonly SignedState[] {
  return plan.nodes.map(({ channel, held: { state, sigs } }) => ({ params: channel.params, state, sigs }))
}

function register({ disputes, now }: RandomFamily, [root, ...rest]: readonly SignedState[]) {
  return root && tryCall(() => contract.register(disputes, root, rest, now))
}

const check = (property: (family: RandomFamily) => void, numRuns = 250): void =>
  fc.assert(fc.property(randomFamily, property), { numRuns })

describe('planTree, on any family', () => {
  it('returns only trees that the contract takes', () => {
    check((family) => {
      const plan = planTree(family.view)
      if (plan.type === 'tree') expect(register(family, statesOf(plan))).toBeDefined()
    }, 600)
  })

  it('names exactly the locked channels, depth first', () => {
    check((family) => {
      const plan = planTree(family.view)
      if (plan.type !== 'tree') return
      const rest = statesOf(plan)
      const walk = (position: number): number =>
        (rest[position]?.state.outcome.locked ?? []).reduce((next, { channelId }) => {
          expect(rest[next]?.state.channelId).toBe(channelId)
          return walk(next)
        }, position + 1)
      expect(rest[0]?.state.channelId).toBe(family.view.root.id)
      expect(walk(0)).toBe(rest.length)
    })
  })

  it('finds a tree wherever there is one, with the newest root state that any tree allows', () => {
    check((family) => {
      const plan = planTree(family.view)
      // Of large families not all trees are tried here, and it may find another one.
      const found = plan.type === 'tree' ? [statesOf(plan)] : []
      const possible = [...allTrees(family.view), ...found].filter((tree) => register(family, tree) !== undefined)
      const best = possible.reduce<bigint | undefined>((max, [root]) => {
        const version = root?.state.version ?? 0n
        return max === undefined || version > max ? version : max
      }, undefined)
      expect(plan.type === 'tree' ? plan.nodes[0].held.state.version : undefined).toBe(best)
    }, 400)
  })

  it('never lowers a record and never takes an inadmissible state', () => {
    check((family) => {
      const plan = planTree(family.view)
      if (plan.type !== 'tree') return
      for (const { channel, held } of plan.nodes) {
        expect(held.state.version >= (channel.record?.version ?? 0n)).toBe(true)
        expect(isAdmissible(channel, held, family.view)).toBe(true)
      }
    })
  })

  it('leaves the family as it was', () => {
    check((family) => {
      const { root, channels, now } = family.view
      const before = structuredClone({ root, channels, now })
      planTree(family.view)
      expect({ root, channels, now }).toEqual(before)
    }, 50)
  })

  it('sees families worth the name: trees, obstacles and registered channels all occur', () => {
    const seen = { tree: 0, obstructed: 0, deep: 0, registered: 0 }
    check((family) => {
      const plan = planTree(family.view)
      seen[plan.type] += 1
      if (plan.type === 'tree' && plan.nodes.length > 2) seen.deep += 1
      if (family.disputes.size > 0) seen.registered += 1
    })
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(5)
  })
})
