import type { ChannelView, FamilyView, TreeNode } from '../../dispute/family.ts'
import { type CostedPlan, planWithCost, type TreePlan } from '../../dispute/plan-tree.ts'
import { isAdmissible } from '../../dispute/record-rules.ts'
import type { ChannelId, StateHash } from '../../model/brand.ts'
import type { Random } from '../../spi/runtime.ts'

/**
 * Makes plans for families, and remembers those that had to be searched for as long as everything is the same that they were
 * made from: time alone rarely changes anything, and a family may be open for ever.
 */
export interface PlanMemory {
  plan(family: FamilyView): CostedPlan
}

/** Of so many families at most. */
const mostFamilies = 4096

/** Of each: where there is too little room, one plan is made without the superseded states and one with them. */
const plansPerFamily = 2

/** A plan without the objects that it was made from, which may be loaded anew for each decision. */
interface Remembered {
  readonly print: string
  readonly costed: Omit<CostedPlan, 'plan'>
  readonly outcome:
    | Extract<TreePlan, { type: 'obstructed' }>
    | (Omit<Extract<TreePlan, { type: 'tree' }>, 'nodes'> & {
        readonly nodes: readonly (readonly [ChannelId, StateHash])[]
      })
}

/** @param random so that nobody can make two families alike. */
export function planMemory(random: Random): PlanMemory {
  const seeds = [random() * 2 ** 32, random() * 2 ** 32] as const
  const remembered = new Map<ChannelId, readonly Remembered[]>()

  function remember(id: ChannelId, plans: readonly Remembered[]): void {
    // Last of all: those that have not changed for longest go first.
    remembered.delete(id)
    remembered.set(id, plans.slice(-plansPerFamily))
    const [oldest] = remembered.keys()
    if (remembered.size > mostFamilies && oldest !== undefined) remembered.delete(oldest)
  }

  return {
    plan(family) {
      const { id } = family.root
      const known = remembered.get(id)
      // Nearly all families have never been searched.
      const print = known && fingerprint(family, seeds)
      const found = known?.find((each) => each.print === print)
      const recalled = found && recall(found, family)
      if (recalled !== undefined) return recalled
      const costed = planWithCost(family)
      if (costed.isSearched) remember(id, [...(known ?? []), toRemember(print ?? fingerprint(family, seeds), costed)])
      return costed
    },
  }
}

function toRemember(print: string, { plan, ...costed }: CostedPlan): Remembered {
  if (plan.type === 'obstructed') return { print, costed, outcome: plan }
  const nodes = plan.nodes.map(({ channel, held }) => [channel.id, held.hash] as const)
  return { print, costed, outcome: { ...plan, nodes } }
}

function recall({ costed, outcome }: Remembered, family: FamilyView): CostedPlan | undefined {
  if (outcome.type === 'obstructed') return { ...costed, plan: outcome }
  const found = outcome.nodes.flatMap(([id, hash]) => nodeIn(family, id, hash) ?? [])
  const [first, ...rest] = found
  if (first === undefined || found.length < outcome.nodes.length) return undefined
  return { ...costed, plan: { ...outcome, nodes: [first, ...rest] } }
}

function nodeIn({ root, channels }: FamilyView, id: ChannelId, hash: StateHash): TreeNode | undefined {
  const channel = id === root.id ? root : channels.get(id)
  const held = channel?.candidates.find((each) => each.hash === hash)
  return channel && held && { channel, held }
}

/** Of all that a plan is made from: what is held and what of it the contract takes, what is registered, and the room. */
function fingerprint(family: FamilyView, seeds: readonly [number, number]): string {
  const lanes = seeds.map((seed) => seed | 0)
  function mix(text: string): void {
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      lanes[0] = Math.imul((lanes[0] ?? 0) ^ code, 0x01000193)
      lanes[1] = Math.imul((lanes[1] ?? 0) ^ code, 0x85ebca6b) + 1
    }
  }
  const { limits } = family.room
  mix(`${limits.bytes} ${limits.work} ${limits.channels}`)
  for (const channel of family.channels.values()) mix(factsOf(channel, family))
  return lanes.join()
}

function factsOf(channel: ChannelView, family: FamilyView): string {
  const { id, record, candidates } = channel
  const stands = record && `${record.version} ${record.phase} ${record.timeout} ${record.stateHash}`
  const isOpen = record !== undefined && family.now < record.timeout
  const held = candidates.map((each) => `${each.hash}${isAdmissible(channel, each, family) ? '+' : '-'}`)
  return `${id} ${stands} ${isOpen} ${held.join()};`
}
