import type { ChannelId } from '../model/brand.ts'
import type { HeldState, State, SubAlloc } from '../model/channel.ts'
import type { OnChainRecord } from '../model/ledger.ts'
import type { ChannelView, FamilyView, TreeNode } from './family.ts'
import { hasSameFunds } from './lock-rules.ts'
import { isAdmissible } from './record-rules.ts'
import { plus, type TreeSize } from './tree-size.ts'

export interface RisingTreeDeps extends Pick<FamilyView, 'root' | 'channels' | 'now' | 'rules'> {
  /** The states of a channel that the contract takes and that fill the lock, newest first. */
  readonly filling: (channel: ChannelView, parent: State, lock: SubAlloc) => readonly HeldState[]
  readonly sizeOf: (channel: ChannelView, held: HeldState) => TreeSize
  readonly fits: (size: TreeSize) => boolean
  /** Takes one step of what the search may cost. @returns whether there was one left. */
  readonly takeStep: () => boolean
}

/** Locks that are still to be filled, in the order in which the contract takes them. */
interface Open {
  readonly parent: State
  readonly lock: SubAlloc
  /** From the root down to the channel that locks it. */
  readonly above: readonly ChannelId[]
  readonly next: Open | undefined
}

/** What is chosen so far. */
interface Chosen {
  readonly nodes: readonly [TreeNode, ...TreeNode[]]
  readonly size: TreeSize
  /** The last state of each channel: what its record would be by then. */
  readonly last: ReadonlyMap<ChannelId, HeldState>
}

/**
 * A tree with this state of the root in which a channel that is locked in several places has newer states in later ones: the
 * contract takes one channel after another, and the last state of a channel is the one that stands. Only for where none with
 * one state per channel fits, since it is only smaller and never better.
 *
 * Exact as long as there are steps left: every choice is tried, newest states first.
 */
export function risingTree(deps: RisingTreeDeps, held: HeldState): Chosen['nodes'] | undefined {
  const { root, channels, now, rules, filling, sizeOf, fits, takeStep } = deps

  /** Whether the contract takes a state after those that came before it in the same registration. */
  function mayFollow(channel: ChannelView, before: HeldState | undefined, next: HeldState): boolean {
    if (before === undefined || before.hash === next.hash) return true
    return (
      hasSameFunds(before.state, next.state) &&
      isAdmissible({ params: channel.params, record: recordAfter(channel, before) }, next, { rules, now })
    )
  }

  function recordAfter({ params, record }: ChannelView, { state, hash }: HeldState): OnChainRecord {
    const opened = now + (state.isFinal ? 0n : params.challengeDuration)
    const timeout = record === undefined || state.isFinal ? opened : record.timeout
    return {
      version: state.version,
      phase: 'dispute',
      timeout,
      stateHash: hash,
      blockNumber: record?.blockNumber ?? 0n,
    }
  }

  /** The same with one channel more, if there are room and time for it, and the contract takes it. */
  function withState(chosen: Chosen, channel: ChannelView, state: HeldState): Chosen | undefined {
    if (!mayFollow(channel, chosen.last.get(channel.id), state) || !takeStep()) return undefined
    const size = plus(chosen.size, sizeOf(channel, state))
    if (!fits(size)) return undefined
    const last = new Map(chosen.last).set(channel.id, state)
    return { nodes: [...chosen.nodes, { channel, held: state }], size, last }
  }

  function fill(open: Open | undefined, chosen: Chosen): Chosen['nodes'] | undefined {
    if (open === undefined) return chosen.nodes
    const { parent, lock, above, next } = open
    const channel = channels.get(lock.channelId)
    if (channel === undefined || above.includes(channel.id)) return undefined
    for (const state of filling(channel, parent, lock)) {
      const longer = withState(chosen, channel, state)
      const found = longer && fill(locksOf(state.state, [...above, channel.id], next), longer)
      if (found !== undefined) return found
    }
    return undefined
  }

  return fill(locksOf(held.state, [root.id], undefined), {
    nodes: [{ channel: root, held }],
    size: sizeOf(root, held),
    last: new Map([[root.id, held]]),
  })
}

function locksOf(parent: State, above: readonly ChannelId[], next: Open | undefined): Open | undefined {
  return parent.outcome.locked.reduceRight<Open | undefined>(
    (rest, lock) => ({ parent, lock, above, next: rest }),
    next,
  )
}
