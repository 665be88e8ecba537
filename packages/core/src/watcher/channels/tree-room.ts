import { inTurns, keyedMutex } from '../../async/keyed-mutex.ts'
import { hasSameFunds, lockMatches } from '../../dispute/lock-rules.ts'
import { emptyTree, excessOf, plus, type TreeSize, treeSize, withChannel } from '../../dispute/tree-size.ts'
import { WatcherError } from '../../errors/watcher-error.ts'
import type { ChannelId, ClientName } from '../../model/brand.ts'
import type { SignedState, State, SubAlloc } from '../../model/channel.ts'
import type { ChannelSize, RegistrationSizes } from '../../spi/chain.ts'
import type { StoredChannel } from '../../spi/store.ts'
import { parseBytes } from '../../validation/parse-hex.ts'
import type { ChannelEntry, ChannelIndex } from './channel-index.ts'
import { ownNewest } from './lines.ts'

/** Whether the ledger could take what is promised: a state that fits into no registration must not be acknowledged. */
export interface TreeRoom {
  /**
   * A channel by itself. Cheap: to be asked before anything is hashed.
   *
   * @throws WatcherError `STATE_TOO_LARGE`
   */
  checkAlone(channel: SignedState): void
  /**
   * A channel with a new state, in every tree that its client watches it in. Trees of others do not count: nobody's state may
   * be refused because somebody else's tree is full, and where theirs outgrows the ledger they keep an older one. Nor do the
   * states that others gave of what is in the tree, or what they hang below it: a channel of which the client gave none counts
   * as one that is not known yet.
   *
   * @param client who gave it.
   * @param parent below which a client is about to watch it. Where that parent does not lock it yet it will, so there must
   *   be room for it and for all others that wait to be locked.
   * @throws WatcherError `TREE_TOO_LARGE` where a ledger channel could no longer be registered with all that it locks;
   *   whatever the store throws.
   */
  check(channel: SignedState, client: ClientName, parent?: ChannelId): Promise<void>
  /**
   * Runs what checks a state and stores it, in the turn of every tree that the channel is in: two channels of one tree must
   * not both take the room that is left. To be called in the channel's turn.
   */
  inTurn<T>(
    channel: Pick<SignedState, 'params' | 'state'>,
    parent: ChannelId | undefined,
    task: () => Promise<T>,
  ): Promise<T>
}

export interface TreeRoomDeps {
  readonly index: Pick<ChannelIndex, 'get' | 'childrenOf' | 'watchedRootsOf' | 'chargesOf'>
  readonly store: {
    load(id: ChannelId): Promise<Pick<StoredChannel, 'params' | 'newest' | 'otherLines'> | undefined>
  }
  readonly backend: RegistrationSizes
}

const nothing = parseBytes('0x')

/** What a channel takes of a registration, and what it locks. */
interface Measured {
  readonly size: ChannelSize
  readonly locks: readonly MeasuredLock[]
}

interface MeasuredLock {
  readonly id: ChannelId
  /** Whether a state of the channel fills the lock. */
  readonly isFilledBy: (state: State) => boolean
  /** What the locked channel takes at least, whatever its state: counted until somebody tells us about it. */
  readonly least: ChannelSize
}

/** A line with what its newest state takes. */
interface MeasuredLine {
  readonly number: number
  readonly state: State
  readonly measured: Measured
}

/** Channels that are reached from the top of a tree. */
type Family = Map<ChannelId, Measured>

/** A state that a client gives. */
interface Given {
  readonly id: ChannelId
  readonly measured: Measured
  readonly client: ClientName
}

export function treeRoom({ index, store, backend }: TreeRoomDeps): TreeRoom {
  const { limits } = backend
  const turns = keyedMutex<ChannelId>()
  /** Of newest states, by the entry that stands for them: a large family is looked through for every state of a member. */
  const known = new WeakMap<ChannelEntry, readonly MeasuredLine[]>()

  function checkAlone(channel: SignedState): void {
    const { params, state } = channel
    const alone = treeSize(backend, [channel])
    const excess =
      countExcess('participants', params.participants.length, limits.participants) ??
      countExcess('assets', state.outcome.assets.length, limits.assets) ??
      excessOf(alone, limits)
    if (excess !== undefined) {
      throw new WatcherError('STATE_TOO_LARGE', 'The ledger could not take the state in any registration.', {
        details: [`Channel ${state.channelId}: ${excess}.`],
      })
    }
    // Each lock is one more channel of every registration.
    const withLocks = excessOf({ ...alone, channels: 1 + state.outcome.locked.length }, limits)
    if (withLocks !== undefined) throw tooLarge(`Channel ${state.channelId} with all that it locks: ${withLocks}.`)
  }

  function measure(channel: SignedState): Measured {
    const { locked } = channel.state.outcome
    const locks = locked.map((lock) => ({
      id: lock.channelId,
      isFilledBy: (state: State) => lockMatches(channel.state, lock, state),
      least: backend.sizeOf(leastOf(channel, lock)),
    }))
    return { size: backend.sizeOf(channel), locks }
  }

  async function measureLines(id: ChannelId): Promise<readonly MeasuredLine[]> {
    const entry = index.get(id)
    if (entry === undefined) return []
    const cached = known.get(entry)
    if (cached !== undefined) return cached
    const stored = await store.load(id)
    if (stored === undefined) return []
    const lines = [{ number: 0, newest: stored.newest }, ...stored.otherLines]
    const measured = lines.map(({ number, newest }): MeasuredLine => {
      return { number, state: newest.state, measured: measure({ params: stored.params, ...newest }) }
    })
    // A newer one may have come meanwhile.
    if (index.get(id) === entry) known.set(entry, measured)
    return measured
  }

  /** The lines that a client gave states of, or pays for. */
  function linesFor<Line extends { readonly number: number }>(
    id: ChannelId,
    client: ClientName,
    lines: readonly Line[],
  ): readonly Line[] {
    const charges = index.chargesOf(id)
    const isPaid = ({ number }: Line): boolean =>
      charges.some((charge) => charge.number === number && charge.payers.includes(client))
    return lines.filter(isPaid)
  }

  /** The newest state of the client's line that fills a lock. `undefined`: the client gave none of the channel. */
  async function measureNewest(
    id: ChannelId,
    client: ClientName,
    lock: MeasuredLock | undefined,
  ): Promise<Measured | undefined> {
    const lines = linesFor(id, client, await measureLines(id))
    const filling = lock && lines.find(({ state }) => lock.isFilledBy(state))
    return (filling ?? lines[0])?.measured
  }

  const isTooMany = (family: Family): boolean => family.size > limits.channels

  /** Adds a channel and all that is locked below it, to any depth; ends early where no registration could hold them. */
  async function gather(family: Family, top: ChannelId, given: Given): Promise<void> {
    const open: { readonly id: ChannelId; readonly lock: MeasuredLock | undefined }[] = [{ id: top, lock: undefined }]
    for (let next = open.pop(); next !== undefined && !isTooMany(family); next = open.pop()) {
      const { id, lock } = next
      if (family.has(id)) continue
      const measured = id === given.id ? given.measured : await measureNewest(id, given.client, lock)
      if (measured === undefined) continue
      family.set(id, measured)
      for (const each of measured.locks) open.push({ id: each.id, lock: each })
    }
  }

  /**
   * Adds what the client watches below a family and will be locked there one day.
   *
   * @returns the channels at the tops of it
   */
  async function gatherWaiting(family: Family, given: Given): Promise<readonly ChannelId[]> {
    const { client } = given
    const tops = [given.id]
    await gather(family, given.id, given)
    // Also of those that are added on the way.
    for (const id of family.keys()) {
      for (const child of index.childrenOf(id)) {
        // A final state means that the parent takes the funds back.
        const isWaiting = child.clients.includes(client) && !ownNewest(child, client).isFinal
        if (isTooMany(family) || family.has(child.id) || !isWaiting) continue
        tops.push(child.id)
        await gather(family, child.id, given)
      }
    }
    return tops
  }

  async function checkRoot(root: ChannelId, given: Given, isNewcomer: boolean): Promise<void> {
    const family: Family = new Map()
    await gather(family, root, given)
    const waiting = isNewcomer && !family.has(given.id) ? await gatherWaiting(family, given) : []
    const tree = isTooMany(family)
      ? { ...emptyTree(backend), channels: family.size }
      : sum(backend, family, [root, ...waiting])
    const excess = excessOf(tree, limits)
    if (excess !== undefined) throw tooLarge(`Ledger channel ${root}, with channel ${given.id}: ${excess}.`)
  }

  /** Whether the client's line has this state, or a newer one. */
  async function isHeld({ state }: SignedState, client: ClientName): Promise<boolean> {
    const lines = linesFor(state.channelId, client, await measureLines(state.channelId))
    return lines.some((line) => line.state.version >= state.version && hasSameFunds(line.state, state))
  }

  function rootsOf(
    { params, state }: Pick<SignedState, 'params' | 'state'>,
    parents: readonly ChannelId[],
  ): readonly ChannelId[] {
    const roots = new Set(parents.flatMap((parent) => index.watchedRootsOf(parent)))
    if (params.ledgerChannel) roots.add(state.channelId)
    return [...roots]
  }

  const isWatchedBy = (id: ChannelId, client: ClientName): boolean => index.get(id)?.clients.includes(client) ?? false

  return {
    checkAlone,
    inTurn(channel, parent, task) {
      const { channelId, outcome } = channel.state
      const above = index.get(channelId)?.parents ?? []
      const parents = parent === undefined ? above : [...above, parent]
      // Most channels stand alone.
      if (parents.length === 0 && outcome.locked.length === 0) return task()
      return inTurns(turns, rootsOf(channel, parents), task)
    },
    async check(channel, client, parent) {
      const { channelId, version, outcome } = channel.state
      const entry = index.get(channelId)
      const isNewcomer = parent !== undefined && !isLinked(entry, client, parent)
      const parents = [...(entry?.parents ?? []), ...(isNewcomer ? [parent] : [])]
      // Most channels stand alone.
      if (parents.length === 0 && outcome.locked.length === 0) return
      // What is held already stays, whatever the limits have become.
      const mayBeHeld = entry !== undefined && !isNewcomer && version <= ownNewest(entry, client).version
      if (mayBeHeld && (await isHeld(channel, client))) return
      const roots = rootsOf(channel, parents).filter((root) => root === channelId || isWatchedBy(root, client))
      const given = { id: channelId, measured: measure(channel), client }
      for (const root of roots) await checkRoot(root, given, isNewcomer)
    },
  }
}

/** Whether a client has the channel below a parent already; a link that only others made is not the client's. */
function isLinked(entry: ChannelEntry | undefined, client: ClientName, parent: ChannelId): boolean {
  return (entry?.parents.includes(parent) && entry.clients.includes(client)) ?? false
}

const countExcess = (what: string, count: number, most: number): string | undefined =>
  count > most ? `${count} ${what}; the ledger takes at most ${most}` : undefined

const tooLarge = (detail: string): WatcherError =>
  new WatcherError('TREE_TOO_LARGE', 'The ledger channel could not be registered with all that it locks.', {
    details: [detail],
  })

/** What registers these channels with all below them: what is locked twice is in it twice. */
function sum(backend: RegistrationSizes, family: Family, tops: readonly ChannelId[]): TreeSize {
  const nothing: TreeSize = { bytes: 0, work: 0n, settling: 0n, channels: 0 }
  const trees = new Map<ChannelId, TreeSize>()

  // As deep as there are channels in the family, at most: `limits.channels`.
  function below(id: ChannelId, least: ChannelSize): TreeSize {
    const measured = family.get(id)
    if (measured === undefined) return withChannel(nothing, least)
    const counted = trees.get(id)
    if (counted !== undefined) return counted
    // A channel below itself is in no tree at all; here it ends the search.
    trees.set(id, nothing)
    let tree = withChannel(nothing, measured.size)
    for (const lock of measured.locks) tree = plus(tree, below(lock.id, lock.least))
    trees.set(id, tree)
    return tree
  }

  return tops.reduce((tree, top) => plus(tree, below(top, nothing)), emptyTree(backend))
}

/** The smallest channel that the lock can be for: the same assets, no app data, and the signatures of those it maps. */
function leastOf({ params, state, sigs }: SignedState, lock: SubAlloc): SignedState {
  const { assets, backends } = state.outcome
  const [someone] = params.participants
  const [sig] = sigs
  const participants =
    someone === undefined ? [] : lock.indexMap.map(() => ({ ...someone, crossChainAddress: nothing }))
  const balances = assets.map(() => lock.indexMap.map(() => 0n))
  return {
    params: { ...params, app: undefined, participants, ledgerChannel: false },
    state: { ...state, outcome: { assets, backends, balances, locked: [] }, appData: nothing },
    sigs: sig === undefined ? [] : lock.indexMap.map(() => sig),
  }
}
