import type { ChannelId, StateHash } from '../model/brand.ts'
import type { HeldState, State, SubAlloc } from '../model/channel.ts'
import type { LedgerLimits, RegistrationSizes } from '../spi/chain.ts'
import { type ChannelView, type FamilyView, signedStateOf, type TreeNode } from './family.ts'
import { assetsKey, hasSameFunds, lockMatches } from './lock-rules.ts'
import { risingTree } from './rising-tree.ts'
import { emptyTree, plus, registrationExcess, type TreeSize, withChannel } from './tree-size.ts'

/**
 * Looks for trees where the newest states that can be registered do not make one. Exact while its bounds last (`mostPairs`,
 * `mostParts`, `mostTries`, `mostSteps`), for all root states together: for families of a few channels with a few states each
 * they do. Beyond them it may miss a tree, never make up one, and keeps to what needs the least room.
 */
export interface TreeSearch {
  /**
   * A tree with this state of the root that fits, though older states below it make it up: near the root first, and among
   * equals the smaller first, each channel has the newest state with which the rest still fits. So it is the large states
   * that give way, whoever made them large.
   *
   * @returns the root first, then depth first; `undefined`: none was found.
   */
  below(root: HeldState): FittingTree | undefined
}

export interface FittingTree {
  readonly nodes: readonly [TreeNode, ...TreeNode[]]
  /** The first channel that has an older state than could be registered by itself. */
  readonly gaveWay: ChannelId | undefined
}

/** Pairs of partial trees that are compared in all; after that only the smallest of them is looked at. */
const mostPairs = 40_000

/** Partial trees that are kept of one channel where none is smaller than another in every respect. */
const mostParts = 32

/** Whole trees that are tried for one state of the root, and for all of them: none must use up what others need. */
const mostTries = 128
const mostTriesInAll = 512

/** Channels that are put into trees in which one may have several states, for all states of the root. */
const mostSteps = 20_000

/** A channel with one of its states and all that it locks. */
interface Part {
  readonly node: TreeNode
  readonly below: Parts
  readonly size: TreeSize
}

/** What fills some locks of a state: the last of them, and those before it. */
interface Parts {
  readonly size: TreeSize
  readonly last: Part | undefined
  readonly before: Parts | undefined
}

/** One look for a tree. */
interface Trial {
  /** The one state that these channels may have. */
  readonly pins: ReadonlyMap<ChannelId, HeldState>
  readonly known: Map<string, readonly Part[]>
  /** A channel that was met below itself: which of its states is chosen matters beyond its own tree. */
  contested: ChannelId | undefined
}

interface Found {
  readonly tree: Part
  readonly pins: ReadonlyMap<ChannelId, HeldState>
}

interface Placed extends TreeNode {
  readonly depth: number
}

const nothing: TreeSize = { bytes: 0, work: 0n, settling: 0n, channels: 0 }
const noParts: Parts = { size: nothing, last: undefined, before: undefined }

/** @param isAdmissible whether the contract takes this state of a channel. */
export function treeSearch(
  { root, channels, room, rules, now }: FamilyView,
  isAdmissible: (channel: ChannelView, held: HeldState) => boolean,
): TreeSearch {
  let pairs = mostPairs
  let triesInAll = mostTriesInAll
  let tries = 0
  let steps = mostSteps
  const sizes = new Map<HeldState, TreeSize>()
  const admissible = new Map<ChannelView, readonly HeldState[]>()
  /** By channel and locked funds. */
  const fillings = new Map<string, readonly HeldState[]>()
  /** Of channels that are at the lower end of every tree, for all trials. */
  const ends = new Map<string, readonly Part[]>()
  const unpinned: Trial = { pins: new Map(), known: new Map(), contested: undefined }

  function admissibleOf(channel: ChannelView): readonly HeldState[] {
    const known = admissible.get(channel)
    if (known !== undefined) return known
    const states = channel.candidates.filter((held) => isAdmissible(channel, held))
    admissible.set(channel, states)
    return states
  }

  function sizeOf(channel: ChannelView, held: HeldState): TreeSize {
    const known = sizes.get(held)
    if (known !== undefined) return known
    const size = withChannel(nothing, room.sizeOf(signedStateOf(channel, held)))
    sizes.set(held, size)
    return size
  }

  const fits = (size: TreeSize): boolean => registrationExcess(plus(emptyTree(room), size), room.limits) === undefined

  function smallest<T extends { readonly size: TreeSize }>(all: readonly T[]): readonly T[] {
    return smallestOf(all, room, pairs > 0 ? mostParts : 1)
  }

  function fillingOf(channel: ChannelView, parent: State, lock: SubAlloc): readonly HeldState[] {
    const key = fillingKey(channel, parent, lock)
    const known = fillings.get(key)
    if (known !== undefined) return known
    const filling = admissibleOf(channel).filter(({ state }) => lockMatches(parent, lock, state))
    fillings.set(key, filling)
    return filling
  }

  function partsFor(trial: Trial, above: readonly ChannelId[], parent: State, lock: SubAlloc): readonly Part[] {
    const channel = channels.get(lock.channelId)
    if (channel === undefined || above.length > room.limits.channels) return []
    if (above.includes(channel.id)) {
      if (!trial.pins.has(channel.id)) trial.contested ??= channel.id
      return []
    }
    const key = fillingKey(channel, parent, lock)
    const known = trial.known.get(key)
    if (known !== undefined) return known
    const parts = partsFilling(trial, above, channel, { key, filling: fillingOf(channel, parent, lock) })
    trial.known.set(key, parts)
    return parts
  }

  function partsFilling(
    trial: Trial,
    above: readonly ChannelId[],
    channel: ChannelView,
    { key, filling }: { readonly key: string; readonly filling: readonly HeldState[] },
  ): readonly Part[] {
    const pinned = trial.pins.get(channel.id)
    if (pinned !== undefined) {
      return partsOf(
        trial,
        above,
        channel,
        filling.filter(({ hash }) => hash === pinned.hash),
      )
    }
    if (filling.some(({ state }) => state.outcome.locked.length > 0)) return partsOf(trial, above, channel, filling)
    const parts = ends.get(key) ?? partsOf(trial, above, channel, filling)
    ends.set(key, parts)
    return parts
  }

  function partsOf(
    trial: Trial,
    above: readonly ChannelId[],
    channel: ChannelView,
    states: readonly HeldState[],
  ): readonly Part[] {
    const parts = states.flatMap((held) => {
      const own = sizeOf(channel, held)
      return fillingsOfLocks(trial, [...above, channel.id], held.state).map((below): Part => {
        return { node: { channel, held }, below, size: plus(own, below.size) }
      })
    })
    return smallest(parts.filter(({ size }) => fits(size)))
  }

  function fillingsOfLocks(trial: Trial, above: readonly ChannelId[], parent: State): readonly Parts[] {
    let fillings: readonly Parts[] = [noParts]
    for (const lock of parent.outcome.locked) {
      const parts = partsFor(trial, above, parent, lock)
      pairs -= fillings.length * parts.length
      const longer = fillings.flatMap((before) =>
        parts.map((last): Parts => ({ size: plus(before.size, last.size), last, before })),
      )
      fillings = smallest(longer.filter(({ size }) => fits(size)))
      if (fillings.length === 0) return []
    }
    return fillings
  }

  /** Any tree that fits. Where a channel would have two states, each of its states is tried in both places. */
  function find(held: HeldState, pins: Found['pins']): Found | undefined {
    const trial = pins.size === 0 ? unpinned : { pins, known: new Map(), contested: undefined }
    const trees = partsOf(trial, [], root, [held])
    const tree = trees.find((each) => channelWithTwoStates(nodesOf(each)) === undefined)
    if (tree !== undefined) return { tree, pins }
    const [first] = trees
    const contested = first === undefined ? trial.contested : channelWithTwoStates(nodesOf(first))
    const channel = contested === undefined || pins.has(contested) ? undefined : channels.get(contested)
    return channel && findWithOneOf(held, pins, channel, admissibleOf(channel))
  }

  /** A tree where a channel has the first of these states with which there is one. */
  function findWithOneOf(
    held: HeldState,
    pins: Found['pins'],
    { id }: ChannelView,
    states: readonly HeldState[],
  ): Found | undefined {
    for (const state of states) {
      if (tries <= 0) return undefined
      tries -= 1
      const found = find(held, new Map(pins).set(id, state))
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Newer states in the place of older ones, as far as the whole still fits. */
  function raise(held: HeldState, start: Found): Part {
    let { tree } = start
    const pins = new Map(start.pins)
    const settled = new Set([root.id])
    for (let next = nextToRaise(tree, settled); next !== undefined; next = nextToRaise(tree, settled)) {
      const { channel } = next
      tree = findWithOneOf(held, pins, channel, newerThan(channel, next.held))?.tree ?? tree
      settled.add(channel.id)
      const chosen = nodesOf(tree).find((node) => node.channel.id === channel.id)
      if (chosen !== undefined) pins.set(channel.id, chosen.held)
    }
    return tree
  }

  /** The states that could stand in the place of one, newest first. */
  function newerThan(channel: ChannelView, held: HeldState): readonly HeldState[] {
    return admissibleOf(channel).filter(
      ({ state }) => state.version > held.state.version && hasSameFunds(state, held.state),
    )
  }

  /** Near the root first; then that whose newest state is the smallest; then in the order of the tree. */
  function nextToRaise(tree: Part, settled: ReadonlySet<ChannelId>): Placed | undefined {
    let next: { readonly placed: Placed; readonly bytes: number } | undefined
    for (const placed of nodesOf(tree)) {
      if (settled.has(placed.channel.id)) continue
      const wanted = admissibleOf(placed.channel)[0] ?? placed.held
      const { bytes } = sizeOf(placed.channel, wanted)
      const goesFirst =
        next === undefined ||
        placed.depth < next.placed.depth ||
        (placed.depth === next.placed.depth && bytes < next.bytes)
      if (goesFirst) next = { placed, bytes }
    }
    return next?.placed
  }

  /** Where a channel is locked in several places, and no state for all of them fits, though one for each would. */
  function rising(held: HeldState): FittingTree['nodes'] | undefined {
    if (partsOf(unpinned, [], root, [held]).length === 0) return undefined
    const takeStep = (): boolean => steps-- > 0
    return risingTree({ root, channels, now, rules, filling: fillingOf, sizeOf, fits, takeStep }, held)
  }

  return {
    below(held) {
      const granted = Math.min(mostTries, triesInAll)
      tries = granted
      const found = find(held, new Map())
      const raised = found && raise(held, found)
      triesInAll -= granted - tries
      const nodes = raised === undefined ? rising(held) : wholeOf(raised)
      const gaveWay = nodes?.slice(1).find((node) => newerThan(node.channel, node.held).length > 0)
      return nodes && { nodes, gaveWay: gaveWay?.channel.id }
    },
  }
}

function wholeOf(tree: Part): FittingTree['nodes'] {
  const [, ...rest] = nodesOf(tree)
  return [tree.node, ...rest]
}

function fillingKey({ id }: ChannelView, parent: State, { balances }: SubAlloc): string {
  return `${id} ${balances.join()} ${assetsKey(parent)}`
}

/** Depth first, as the contract consumes it. */
function nodesOf(part: Part, depth = 0): readonly Placed[] {
  const below: Part[] = []
  for (let parts: Parts | undefined = part.below; parts !== undefined; parts = parts.before) {
    if (parts.last !== undefined) below.unshift(parts.last)
  }
  return [{ ...part.node, depth }, ...below.flatMap((each) => nodesOf(each, depth + 1))]
}

/** It has one record: only in rising order would both be taken. */
export function channelWithTwoStates(nodes: readonly TreeNode[]): ChannelId | undefined {
  const hashes = new Map<ChannelId, StateHash>()
  for (const { channel, held } of nodes) {
    const other = hashes.get(channel.id)
    if (other !== undefined && other !== held.hash) return channel.id
    hashes.set(channel.id, held.hash)
  }
  return undefined
}

type Sized = { readonly size: TreeSize }

/** Those than which no other is smaller in every respect; of too many, the smallest in each respect and in all together. */
function smallestOf<T extends Sized>(
  all: readonly T[],
  { limits }: Pick<RegistrationSizes, 'limits'>,
  most: number,
): readonly T[] {
  if (all.length <= 1) return all
  const shares = new Map(all.map((each) => [each, shareOf(each.size, limits)]))
  const inOrder = sortedBy(all, (each) => shares.get(each) ?? 0)
  const front: T[] = []
  for (const each of inOrder) if (!front.some(({ size }) => isWithin(size, each.size))) front.push(each)
  if (front.length <= most) return front
  const respects: readonly ((each: T) => number)[] = [
    ({ size }) => size.bytes,
    ({ size }) => Number(size.work),
    ({ size }) => size.channels,
  ]
  const least = respects.flatMap((respect) => sortedBy(front, respect).slice(0, 1))
  return [...new Set([...front.slice(0, 1), ...least, ...front])].slice(0, most)
}

function sortedBy<T>(all: readonly T[], keyOf: (each: T) => number): readonly T[] {
  return [...all].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0))
}

function isWithin(a: TreeSize, b: TreeSize): boolean {
  return a.bytes <= b.bytes && a.work <= b.work && a.channels <= b.channels
}

/** The part of the limit that it comes nearest to. */
function shareOf({ bytes, work, channels }: TreeSize, limits: LedgerLimits): number {
  return Math.max(bytes / limits.bytes, Number(work) / Number(limits.work), channels / limits.channels)
}
