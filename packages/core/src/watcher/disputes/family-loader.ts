import type { ChannelView, FamilyView } from '../../dispute/family.ts'
import { lockMatches } from '../../dispute/lock-rules.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { HeldState, SignedState } from '../../model/channel.ts'
import type { OnChainRecord } from '../../model/ledger.ts'
import { standsFor } from '../../model/state-identity.ts'
import type { AdjudicatorRules, RegistrationSizes } from '../../spi/chain.ts'
import type { AbortOptions } from '../../spi/runtime.ts'
import type { StoredChannel } from '../../spi/store.ts'
import type { ChainClock } from '../chain/chain-clock.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import type { EngineStore } from '../channels/engine-store.ts'
import { keptStateOf } from '../channels/kept-states.ts'
import { furthest, lineOf, linesOf } from '../channels/lines.ts'
import { type MemberReaderDeps, memberReader } from './member-reader.ts'
import type { PlanMemory } from './plan-memory.ts'
import { refusedSizes } from './refused-sizes.ts'
import { smallerStatesReader } from './smaller-states-reader.ts'

export interface FamilyLoader {
  /** The family of a root with its states from the store; `undefined` if it is not watched or no block was seen yet. */
  load(root: ChannelId, options?: AbortOptions): Promise<FamilyView | undefined>
  /** The same states with the records and the time as they are now. */
  refresh(family: FamilyView): FamilyView
  /** A node refused to register these together as too large: the family has room for less than that, for a while. */
  noteTooLarge(root: ChannelId, channels: readonly SignedState[]): void
}

/** A record that changes faster than it can be looked up is looked at again with the next change. */
const mostRounds = 3

export interface FamilyLoaderDeps extends MemberReaderDeps {
  readonly index: ChannelIndex
  readonly store: Pick<EngineStore, 'load' | 'kept' | 'history'>
  readonly chainClock: ChainClock
  readonly planMemory: PlanMemory
  readonly backend: RegistrationSizes
  readonly rules: AdjudicatorRules
}

/** A stored channel with every state of it that a tree may hold. */
interface LoadedChannel {
  readonly stored: StoredChannel
  readonly candidates: readonly HeldState[]
}

export function familyLoader(deps: FamilyLoaderDeps): FamilyLoader {
  const { index, store, chainClock, planMemory, backend, rules } = deps
  const reader = memberReader(deps)
  const smallerStates = smallerStatesReader({ store, backend, rules })
  const refused = refusedSizes({ backend, chainClock })
  const recordOf = (id: ChannelId): OnChainRecord | undefined => index.get(id)?.record

  function refresh({ root, channels, now }: FamilyView): FamilyView {
    const refreshed = new Map<ChannelId, ChannelView>()
    for (const [id, channel] of channels) refreshed.set(id, { ...channel, record: recordOf(id) })
    const time = chainClock.head?.timestamp ?? now
    const room = refused.roomFor(root.id)
    return { root: refreshed.get(root.id) ?? root, channels: refreshed, now: time, rules, room }
  }

  /**
   * A channel that cannot be read counts as unknown: what can do without it must still be defended.
   *
   * @param isRoot without it there is no family.
   */
  async function loadChannel(
    id: ChannelId,
    isRoot: boolean,
    options: AbortOptions,
  ): Promise<LoadedChannel | undefined> {
    const stored = await reader.read(`${id}`, isRoot, () => store.load(id, options))
    if (stored === undefined) return undefined
    const held = linesOf(stored).flatMap(({ newest, older }) => [newest, ...older])
    for (let round = 1; ; round++) {
      const record = recordOf(id)
      const registered = await registeredState(id, stored, held, record, options)
      // It may have changed meanwhile; what stood before need not be repeated then.
      if (round === mostRounds || isSame(record, recordOf(id))) {
        return { stored, candidates: newestFirst(registered === undefined ? held : [...held, registered]) }
      }
    }
  }

  /** The state that the record stands for, where it is kept and not among those that are loaded with the channel. */
  async function registeredState(
    id: ChannelId,
    stored: StoredChannel,
    held: readonly HeldState[],
    record: OnChainRecord | undefined,
    options: AbortOptions,
  ): Promise<HeldState | undefined> {
    if (record === undefined || held.some((each) => standsFor(record, each))) return undefined
    return await reader.read(`${id} kept`, false, () => keptStateOf(store, id, stored, record, options))
  }

  /** The family with superseded states as well, where the newest ones are too large together. */
  async function withSmallerStates(
    family: FamilyView,
    loaded: ReadonlyMap<ChannelId, LoadedChannel>,
    options: AbortOptions,
  ): Promise<FamilyView> {
    const channels = new Map<ChannelId, ChannelView>()
    for (const [id, { stored }] of loaded) {
      const channel = family.channels.get(id)
      if (channel === undefined) continue
      const { record } = channel
      const wanted = { id, stored, record, now: family.now }
      const smaller = (await reader.read(`${id} history`, false, () => smallerStates.read(wanted, options))) ?? []
      const isLoaded = new Set(channel.candidates.map(({ hash }) => hash))
      const others = smaller.filter(({ hash }) => !isLoaded.has(hash))
      channels.set(id, { ...channel, candidates: newestFirst([...channel.candidates, ...others]) })
    }
    return refresh({ ...family, channels })
  }

  return {
    refresh,
    noteTooLarge: refused.note,
    async load(root, options = {}) {
      const members = index.membersOf(root).map(({ id }) => id)
      const loaded = new Map<ChannelId, LoadedChannel>()
      await Promise.all(
        members.map(async (id) => {
          const channel = await loadChannel(id, id === root, options)
          // One that was forgotten meanwhile would count as never registered.
          if (channel !== undefined && index.get(id) !== undefined) loaded.set(id, channel)
        }),
      )
      const top = loaded.get(root)
      if (top === undefined || chainClock.head === undefined) return undefined
      const lines = chosenLines(root, loaded)
      const channels = new Map<ChannelId, ChannelView>()
      for (const [id, { stored, candidates }] of loaded) {
        const newest = lines.get(id) ?? stored.newest
        channels.set(id, { id, params: stored.params, newest, candidates, record: undefined })
      }
      const rootView = channels.get(root)
      if (rootView === undefined) return undefined
      const family = refresh({ root: rootView, channels, now: chainClock.head.timestamp, rules, room: backend })
      // Most channels lock nothing: there is nothing that could be smaller below them.
      return channels.size > 1 && planMemory.plan(family).isShortOfRoom
        ? await withSmallerStates(family, loaded, options)
        : family
    },
  }
}

function newestFirst(states: readonly HeldState[]): readonly HeldState[] {
  // Nearly always one.
  if (states.length === 1) return states
  return [...states].sort((a, b) =>
    a.state.version < b.state.version ? 1 : a.state.version > b.state.version ? -1 : 0,
  )
}

function isSame(a: OnChainRecord | undefined, b: OnChainRecord | undefined): boolean {
  return a?.version === b?.version && a?.stateHash === b?.stateHash
}

/**
 * Of each channel the newest state of the line that the family locks: its funds are those of the first lock that is met, in
 * the newest states first, from the root down. A channel that is not locked is taken as it was given to us.
 */
function chosenLines(
  root: ChannelId,
  loaded: ReadonlyMap<ChannelId, LoadedChannel>,
): ReadonlyMap<ChannelId, HeldState> {
  const chosen = new Map<ChannelId, HeldState>()

  function visitLocks(parents: readonly HeldState[]): readonly HeldState[] {
    const found: HeldState[] = []
    for (const { state } of parents) {
      for (const lock of state.outcome.locked) {
        const channel = loaded.get(lock.channelId)
        if (channel === undefined || chosen.has(lock.channelId)) continue
        const line = furthest(linesOf(channel.stored).filter(({ newest }) => lockMatches(state, lock, newest.state)))
        if (line === undefined) continue
        chosen.set(lock.channelId, line.newest)
        found.push(line.newest)
      }
    }
    return found
  }

  const top = loaded.get(root)
  if (top === undefined) return chosen
  const newest = lineOf(top.stored, top.stored.newest.state)?.newest ?? top.stored.newest
  chosen.set(root, newest)
  for (let parents: readonly HeldState[] = [newest]; parents.length > 0; ) parents = visitLocks(parents)
  const olderOf = (ids: Iterable<ChannelId>): readonly HeldState[] =>
    [...ids].flatMap((id) => loaded.get(id)?.candidates ?? [])
  for (let parents = olderOf(chosen.keys()); parents.length > 0; ) {
    parents = olderOf(visitLocks(parents).map(({ state }) => state.channelId))
  }
  return chosen
}
