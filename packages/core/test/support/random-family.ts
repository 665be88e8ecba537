import fc from 'fast-check'
import { perunRules, type RegistrationSizes } from '../../src/adapter.ts'
import type { ChannelView, FamilyView } from '../../src/dispute/family.ts'
import type { ChannelId, HeldState, SignedState } from '../../src/index.ts'
import { type ModelDisputes, ModelRevert, modelRecord, type TestChannel, testChannel } from '../../src/testing/index.ts'
import { contract } from './contract.ts'
import { sign, stateHashOf } from './fake-crypto.ts'

/** A family at some instant, with everything that the contract would need to judge what the rules make of it. */
export interface RandomFamily {
  readonly view: FamilyView
  readonly disputes: ModelDisputes
  readonly now: bigint
}

export const held = ({ state, sigs }: SignedState): HeldState => ({ state, sigs, hash: stateHashOf(state) })

export function tryCall<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    if (error instanceof ModelRevert) return undefined
    throw error
  }
}

export type Draw = <T>(values: readonly [T, ...T[]]) => T

interface Member {
  readonly channel: TestChannel
  /** Oldest first. */
  readonly states: readonly [SignedState, ...SignedState[]]
}

const yes = [true, false] as const
const often = [true, true, true, false] as const

/** Channels with funds that shrink with depth, so that any of them can lock all that come later. */
function makeChannels(draw: Draw): readonly TestChannel[] {
  const count = draw([1, 2, 3, 4, 5])
  return Array.from({ length: count }, (_, at) => {
    const funds = 10n ** BigInt(8 - at)
    const duration = draw([50n, 200n, 1000n])
    const kind = at === 0 ? 'ledger' : draw<'sub' | 'virtual'>(['sub', 'sub', 'virtual'])
    return testChannel({ kind, funds, duration, hasApp: kind !== 'virtual' && draw(yes) })
  })
}

function makeStates(draw: Draw, channels: readonly TestChannel[], at: number): Member | undefined {
  const channel = channels[at]
  if (channel === undefined) return undefined
  const lockable = channel.params.virtualChannel ? [] : channels.slice(at + 1)
  let version = draw([0n, 1n])
  const next = (isLast: boolean): SignedState => {
    version += draw([1n, 1n, 3n])
    const locks = lockable
      .filter(() => draw(yes))
      // Now and then a lock over other funds than the channel has.
      .map((child) => (draw([false, false, false, false, false, true]) ? { ...child, funds: child.funds + 1n } : child))
    return channel.signed(version, { locks, isFinal: isLast && draw(yes) })
  }
  const count = draw([1, 2, 3, 4])
  const states = Array.from({ length: count }, (_, position) => next(position === count - 1))
  const [first, ...rest] = states
  return first && { channel, states: [first, ...rest] }
}

/** Depth-first states below `root`, each drawn anew; `undefined` where a channel has none. */
function drawTree(draw: Draw, members: ReadonlyMap<ChannelId, Member>, root: SignedState): SignedState[] | undefined {
  const nodes: SignedState[] = []
  for (const { channelId } of root.state.outcome.locked) {
    const member = members.get(channelId)
    if (member === undefined) return undefined
    const state = draw(member.states)
    const below = drawTree(draw, members, state)
    if (below === undefined) return undefined
    nodes.push(state, ...below)
  }
  return nodes
}

/** What people did on the ledger: registrations of any states, progress, conclusions, by roots that we know or not. */
function makeHistory(draw: Draw, members: ReadonlyMap<ChannelId, Member>, root: Member): [ModelDisputes, bigint] {
  let disputes: ModelDisputes = new Map()
  let now = 1_000n
  const steps = draw([0, 1, 2, 3, 5, 8])
  for (let step = 0; step < steps; step++) {
    now += draw([1n, 1n, 10n, 60n])
    const call = draw([
      'register',
      'register',
      'register',
      'register',
      'elsewhere',
      'progress',
      'conclude',
      'concludeFinal',
    ])
    disputes = tryCall(() => takeStep(draw, members, root, call, disputes, now)) ?? disputes
  }
  return [disputes, now + draw([0n, 1n, 1n, 45n, 200n])]
}

function takeStep(
  draw: Draw,
  members: ReadonlyMap<ChannelId, Member>,
  root: Member,
  call: string,
  disputes: ModelDisputes,
  now: bigint,
): ModelDisputes | undefined {
  const state = draw(root.states)
  if (call === 'concludeFinal') return contract.concludeFinal(disputes, state, now).disputes
  if (call === 'elsewhere') {
    const [first, ...rest] = [...members.values()].filter(({ channel }) => channel !== root.channel)
    if (first === undefined) return undefined
    const { channel, states } = draw([first, ...rest])
    const child = draw(states)
    const other = testChannel({ funds: 10n ** 9n }).signed(1n, { locks: [channel] })
    const below = drawTree(draw, members, child)
    return below && contract.register(disputes, other, [child, ...below], now).disputes
  }
  if (call === 'progress') {
    const member = draw([root, ...members.values()])
    const old = draw(member.states)
    const next = member.channel.signed(old.state.version + 1n)
    const state = {
      ...next.state,
      outcome: { ...next.state.outcome, locked: old.state.outcome.locked, balances: old.state.outcome.balances },
    }
    const sig = sign(member.channel.params.participants[0]?.address ?? '0x', state)
    const move = { params: member.channel.params, stateOld: old.state, state, actorIdx: 0, sig }
    return contract.progress(disputes, move, now).disputes
  }
  const below = drawTree(draw, members, state)
  if (below === undefined) return undefined
  if (call === 'register') return contract.register(disputes, state, below, now).disputes
  return contract.conclude(
    disputes,
    state,
    below.map((sub) => sub.state),
    now,
  ).disputes
}

/** What we hold of a member: its newest state or an older one, perhaps a fallback, perhaps the registered state. */
function makeView(draw: Draw, { channel, states }: Member, disputes: ModelDisputes): ChannelView {
  const newest = draw([true, true, true, false]) ? (states.at(-1) ?? states[0]) : draw(states)
  const older = states.filter(({ state }) => state.version < newest.state.version)
  const dispute = disputes.get(channel.id)
  const registered = states.find(({ state }) => stateHashOf(state) === dispute?.stateHash)
  const fallback = draw(yes) ? older.at(-1) : undefined
  return {
    id: channel.id,
    params: channel.params,
    newest: held(newest),
    candidates: newestFirst([
      newest,
      ...(fallback === undefined ? [] : [fallback]),
      ...(registered === undefined || registered === newest || registered === fallback || !draw(often)
        ? []
        : [registered]),
    ]),
    record: modelRecord(dispute, 1n),
  }
}

/** A ledger that takes trees of any size. */
export const roomy: RegistrationSizes = {
  limits: { channels: 60, participants: 60, assets: 60, bytes: 1e9, work: 10n ** 12n },
  envelope: { bytes: 0, work: 0n },
  sizeOf: () => ({ bytes: 1, work: 1n }),
}

function newestFirst(states: readonly SignedState[]): readonly HeldState[] {
  return states.map(held).sort((a, b) => (a.state.version < b.state.version ? 1 : -1))
}

/** Draws from one seed: a family or a game takes dozens of draws, too many for arbitraries of their own. */
export function drawFrom(seed: number): Draw {
  let word = seed | 0
  return (values) => {
    word = (word + 0x6d2b79f5) | 0
    let mixed = Math.imul(word ^ (word >>> 15), word | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return values[((mixed ^ (mixed >>> 14)) >>> 0) % values.length] ?? values[0]
  }
}

export const randomFamily: fc.Arbitrary<RandomFamily> = fc.noShrink(fc.integer()).map((seed) => {
  const draw = drawFrom(seed)
  const channels = makeChannels(draw)
  const members = channels.flatMap((_, at) => makeStates(draw, channels, at) ?? [])
  const [root, ...others] = members
  if (root === undefined) throw new Error('a family has a root')
  const byId = new Map(members.map((member) => [member.channel.id, member]))
  const [disputes, now] = makeHistory(draw, byId, root)
  const rootView = makeView(draw, root, disputes)
  // A channel that nobody told us about is not in the family.
  const known = others.filter(() => draw([true, true, true, true, true, false]))
  const views = known.map((member) => makeView(draw, member, disputes))
  const all = new Map([rootView, ...views].map((channel) => [channel.id, channel]))
  return { view: { root: rootView, channels: all, now, rules: perunRules, room: roomy }, disputes, now }
})

/** Every tree that what we hold allows, good or bad. */
export function allTrees({ root, channels }: FamilyView): readonly (readonly SignedState[])[] {
  return treesOf(channels, root)
}

function treesOf(channels: FamilyView['channels'], channel: ChannelView): readonly (readonly SignedState[])[] {
  return channel.candidates.flatMap(({ state, sigs }) => {
    const below = state.outcome.locked.reduce<readonly (readonly SignedState[])[]>(
      (trees, { channelId }) => {
        const child = channels.get(channelId)
        const parts = child === undefined ? [] : treesOf(channels, child)
        // Enough to be sure of the answer, few enough to try them all.
        return trees.flatMap((tree) => parts.map((part) => [...tree, ...part])).slice(0, 300)
      },
      [[]],
    )
    return below.map((tree) => [{ params: channel.params, state, sigs }, ...tree])
  })
}
