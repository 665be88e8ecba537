import { hasSameFunds } from '../../dispute/lock-rules.ts'
import { locksNothing, undominated } from '../../dispute/retention.ts'
import { WatcherError } from '../../errors/watcher-error.ts'
import type { ChannelId, ClientName, StateHash } from '../../model/brand.ts'
import type { HeldState, SignedState, State, Transaction } from '../../model/channel.ts'
import type { ChannelBackend } from '../../spi/chain.ts'
import { checkIndexMap, checkState } from '../../validation/check-state.ts'
import type { ChannelUpdate, HeldChannel } from './channel-book.ts'
import type { ChannelIndex } from './channel-index.ts'
import type { StateReader } from './engine-store.ts'
import { isKept, keptRef } from './kept-states.ts'
import { firstLine, lineOf, linesOf, type NumberedLine, ownLine } from './lines.ts'
import type { TreeRoom } from './tree-room.ts'

/** What is to be written when a state is taken. `undefined`: nothing, it is held already. */
export type Acceptance = readonly ChannelUpdate[] | undefined

export interface StateChecker {
  /**
   * A state on its own: its shape, the participants' signatures, and the maps of channels that we know.
   *
   * @returns it with signatures in the form that the contract takes, and with its hash.
   */
  check(signed: SignedState): Promise<HeldState>
  /**
   * A state against those that are held of its line: newer, not following a final one, not another one of the same version.
   * An older one is welcome too where a tree may still need it: where the adjudicator holds it, where the channel is or may
   * be locked, and where nothing newer that we hold does with fewer locks.
   *
   * @param client who gives it: it is judged against the client's own line, and fills that of nobody else, unless it is what
   *   the adjudicator holds. `undefined`: it comes from the chain.
   * @throws WatcherError `VERSION_STALE`, `VERSION_CONFLICT`, `FUNDS_CHANGED`, `STATE_AFTER_FINAL`, `TREE_TOO_LARGE`, or what
   *   `check` throws.
   */
  accept(channel: HeldChannel, transaction: Transaction, client?: ClientName): Promise<Acceptance>
  /** The same for a state of this channel that `check` gave. */
  acceptChecked(channel: HeldChannel, held: HeldState, client?: ClientName): Promise<Acceptance>
  /**
   * What keeps a state besides the newest one of its line, where a tree may have to repeat it; nothing is looked at but
   * whether it is kept already.
   */
  keep(channel: HeldChannel, held: HeldState): Promise<Acceptance>
}

export interface StateCheckerDeps {
  readonly index: ChannelIndex
  readonly store: StateReader
  readonly backend: ChannelBackend
  readonly treeRoom: TreeRoom
}

/** A state that is to be judged, with what is costly and not always needed. */
interface Candidate {
  readonly state: State
  hash(): StateHash
  /** With its signatures checked. */
  verified(): Promise<HeldState>
}

export function stateChecker({ index, store, backend, treeRoom }: StateCheckerDeps): StateChecker {
  async function check(signed: SignedState): Promise<HeldState> {
    checkState(signed.params, signed.state)
    treeRoom.checkAlone(signed)
    for (const lock of signed.state.outcome.locked) {
      const known = index.get(lock.channelId)
      if (known !== undefined) checkIndexMap(lock, known.participants)
    }
    return await backend.verify(signed)
  }

  async function judge(
    channel: HeldChannel,
    candidate: Candidate,
    client: ClientName | undefined,
  ): Promise<Acceptance> {
    const { entry, stored } = channel
    const { state } = candidate
    const own = lineFor(channel, candidate, client)
    // With funds that we hold no state of it is refused, and the line that it does not fit says why.
    const line = own ?? (client === undefined ? firstLine(stored) : ownLine(stored, client))
    if (state.version <= line.newest.state.version) return await judgeOlder(channel, own, line, candidate)
    const held = await candidate.verified()
    // Everybody signed it although a final one was signed: it cannot be our newest, but a tree may have to repeat it.
    if (own?.newest.state.isFinal && isRegistered(entry.id, held.hash)) return await keepIn(own, channel, held)
    if (line.newest.state.isFinal) throw afterFinal(entry.id, line, state.version)
    if (own === undefined) throw otherFunds(entry.id, line, state.version)
    if (client !== undefined) await treeRoom.check({ params: stored.params, ...held }, client)
    return replacing(channel, line, held)
  }

  /** Where a state may go. `undefined`: nowhere. */
  function lineFor(
    { entry, stored }: HeldChannel,
    candidate: Candidate,
    client: ClientName | undefined,
  ): NumberedLine | undefined {
    const { state } = candidate
    const furthestOne = lineOf(stored, state)
    if (client === undefined || furthestOne === undefined) return furthestOne
    const own = ownLine(stored, client)
    // Nearly always it is the same line, whose funds were compared already.
    if (own.number === furthestOne.number || hasSameFunds(own.newest.state, state)) return own
    // Those who can defend a channel only with a state of others may ask anybody for it.
    if (index.get(entry.id)?.record?.version !== state.version) return undefined
    checkState(stored.params, state)
    return isRegistered(entry.id, candidate.hash()) ? furthestOne : undefined
  }

  const isRegistered = (id: ChannelId, hash: StateHash): boolean => hash === index.get(id)?.record?.stateHash

  /** @param own - the line of the state; `undefined`: no state that we hold has its funds. */
  async function judgeOlder(
    channel: HeldChannel,
    own: NumberedLine | undefined,
    line: NumberedLine,
    candidate: Candidate,
  ): Promise<Acceptance> {
    const { id } = channel.entry
    const { state } = candidate
    // Its size and shape, before it is hashed.
    checkState(channel.stored.params, state)
    treeRoom.checkAlone({ params: channel.stored.params, state, sigs: [] })
    const hash = candidate.hash()
    const { newest } = line
    if (hash === newest.hash) return undefined
    const stands = isRegistered(id, hash)
    if (!stands && state.version === newest.state.version) {
      await candidate.verified()
      throw conflict(id, line, hash)
    }
    const isWelcome = own !== undefined && mayBeNeeded(id, own, { state, hash, sigs: [] })
    if (!stands && !isWelcome) throw stale(id, line, state.version)
    // The adjudicator holds it, but it fills no lock of ours: it would not be kept.
    if (own === undefined) throw otherFunds(id, line, state.version)
    return await keepIn(own, channel, await candidate.verified())
  }

  /** Whether a tree may need a state although a newer one of its line is held. */
  function mayBeNeeded(id: ChannelId, { number, newest, older }: NumberedLine, held: HeldState): boolean {
    return index.isLockable(id, number) || undominated(newest, [...older, held]).includes(held)
  }

  async function keep(channel: HeldChannel, held: HeldState): Promise<Acceptance> {
    const line = lineOf(channel.stored, held.state)
    return line && (await keepIn(line, channel, held))
  }

  async function keepIn(line: NumberedLine, { entry }: HeldChannel, held: HeldState): Promise<Acceptance> {
    if (held.hash === line.newest.hash) return undefined
    if (await isKept(store, entry.id, line.number, held)) return undefined
    const older = undominated(line.newest, [...line.older, held])
    if (!isHistory(entry.id, line, held) && !older.includes(held)) return undefined
    const changes: ChannelUpdate[] = [{ type: 'putKept', id: entry.id, line: line.number, held }]
    return [...changes, ...olderChanges(entry.id, line, older)]
  }

  /** Whether a superseded state stays in the history: what may have to be repeated exactly, or raises what it locks. */
  function isHistory(id: ChannelId, { number }: NumberedLine, held: HeldState): boolean {
    return index.isLockable(id, number) || !locksNothing(held)
  }

  /** The writes that put a newer state, and what is to be kept besides it, in the place of what is stored. */
  function replacing({ entry: { id } }: HeldChannel, line: NumberedLine, newest: HeldState): Acceptance {
    const putNewest: ChannelUpdate = { type: 'putNewest', id, line: line.number, held: newest }
    const previous = line.newest
    // Nearly all channels are such: nothing else is written.
    const isPlain = line.older.length === 0 && locksNothing(previous) && locksNothing(newest)
    if (isPlain && !index.isLockable(id, line.number)) return [putNewest]
    const older = undominated(newest, [previous, ...line.older])
    const isWorthKeeping = older.includes(previous) || isHistory(id, line, previous)
    return [
      putNewest,
      ...(isWorthKeeping ? [{ type: 'putKept', id, line: line.number, held: previous } as const] : []),
      ...olderChanges(id, line, older),
    ]
  }

  /** The writes that make `older` the older states of a line; those that leave are forgotten, unless they are history. */
  function olderChanges(id: ChannelId, line: NumberedLine, older: readonly HeldState[]): readonly ChannelUpdate[] {
    const left = line.older.filter((held) => !older.includes(held))
    if (left.length === 0 && older.length === line.older.length) return []
    const forgotten = left.filter((held) => !isHistory(id, line, held)).map(keptRef)
    return [
      { type: 'putOlder', id, line: line.number, older },
      ...(forgotten.length === 0 ? [] : [{ type: 'dropKept', id, line: line.number, states: forgotten } as const]),
    ]
  }

  function given({ stored }: HeldChannel, transaction: Transaction): Candidate {
    const { state } = transaction
    const hash = (): StateHash => backend.stateHash(state)
    /** Another client may have given it before: its signatures were checked then. */
    function known(): HeldState | undefined {
      if (stored.otherLines.length === 0) return undefined
      checkState(stored.params, state)
      return linesOf(stored).find(({ newest }) => newest.state.version === state.version && newest.hash === hash())
        ?.newest
    }
    return { state, hash, verified: async () => known() ?? (await check({ params: stored.params, ...transaction })) }
  }

  return {
    check,
    accept: (channel, transaction, client) => judge(channel, given(channel, transaction), client),
    acceptChecked: (channel, held, client) =>
      judge(channel, { state: held.state, hash: () => held.hash, verified: () => Promise.resolve(held) }, client),
    keep,
  }
}

function stale(id: ChannelId, { newest }: NumberedLine, version: bigint): WatcherError {
  return new WatcherError('VERSION_STALE', 'The state is older than the newest one held.', {
    details: [`Channel ${id}: got version ${version}, held is ${newest.state.version}.`],
  })
}

function otherFunds(id: ChannelId, { newest }: NumberedLine, version: bigint): WatcherError {
  return new WatcherError('FUNDS_CHANGED', 'The state distributes other funds than the one held.', {
    details: [`Channel ${id}: version ${version} against version ${newest.state.version}.`],
  })
}

function conflict(id: ChannelId, { newest }: NumberedLine, hash: StateHash): WatcherError {
  return new WatcherError('VERSION_CONFLICT', 'Another state with the same version is held.', {
    details: [`Channel ${id}, version ${newest.state.version}: got ${hash}, held is ${newest.hash}.`],
  })
}

function afterFinal(id: ChannelId, { newest }: NumberedLine, version: bigint): WatcherError {
  return new WatcherError('STATE_AFTER_FINAL', 'The held state is final.', {
    details: [`Channel ${id}: got version ${version} after the final version ${newest.state.version}.`],
  })
}
