import { standsFor } from '../dispute/record-rules.ts'
import { WatcherError } from '../errors/watcher-error.ts'
import { checkIndexMap, checkState } from '../intake/check-state.ts'
import type { ChannelId, StateHash } from '../model/brand.ts'
import type { SignedState, Transaction } from '../model/channel.ts'
import type { ChannelBackend } from '../spi/chain.ts'
import type { StoreChange, StoredChannel } from '../spi/store.ts'
import { type ChannelEntry, type ChannelIndex, locksOf, locksOfOlder } from './channel-index.ts'

/** A state that may become the newest, with what that changes. `undefined`: it is the newest already. */
export type Acceptance =
  | {
      readonly changes: readonly StoreChange[]
      readonly patch: Partial<ChannelEntry>
      /** What the state before locked and no kept state locks any more. */
      readonly released: readonly ChannelId[]
    }
  | undefined

export interface StateChecker {
  /**
   * A state on its own: its shape, the participants' signatures, and the maps of channels that we know.
   *
   * @returns it with signatures in the form that the contract takes.
   */
  check(signed: SignedState): SignedState
  /**
   * A state against the one held: newer, not following a final one, not another one of the same version.
   *
   * @throws WatcherError `VERSION_STALE`, `VERSION_CONFLICT`, `STATE_AFTER_FINAL`, or what `check` throws.
   */
  accept(entry: ChannelEntry, stored: StoredChannel, transaction: Transaction): Acceptance
}

export function stateChecker(index: ChannelIndex, backend: ChannelBackend): StateChecker {
  function check(signed: SignedState): SignedState {
    checkState(signed.params, signed.state)
    for (const lock of signed.state.outcome.locked) {
      const known = index.get(lock.channelId)
      if (known !== undefined) checkIndexMap(lock, known.participants)
    }
    return backend.verify(signed)
  }

  return {
    check,
    accept(known, stored, transaction) {
      const entry = inStep(index, backend, known, stored)
      const { version } = transaction.state
      if (version < entry.version) throw stale(entry, version)
      const hash = backend.stateHash(transaction.state)
      if (hash === entry.hash) return undefined
      const { state, sigs } = check({ params: stored.params, ...transaction })
      if (version === entry.version) throw conflict(entry, hash)
      if (entry.isFinal) throw afterFinal(entry, version)
      return acceptance({ index, backend, entry, stored, newest: { state, sigs }, hash })
    },
  }
}

interface Accepted {
  readonly index: ChannelIndex
  readonly backend: ChannelBackend
  readonly entry: ChannelEntry
  readonly stored: StoredChannel
  readonly newest: Transaction
  readonly hash: StateHash
}

function acceptance({ index, backend, entry, stored, newest, hash }: Accepted): Acceptance {
  const locks = locksOf(newest.state)
  const fallback = fallbackFor(index, stored, locks)
  const changes: StoreChange[] = [{ type: 'putNewest', id: entry.id, transaction: newest }]
  if (fallback !== stored.fallback) changes.push({ type: 'putFallback', id: entry.id, transaction: fallback })
  const registered = standingOf(backend, entry, [stored.newest, stored.registered])
  if (registered !== stored.registered) changes.push({ type: 'putRegistered', id: entry.id, transaction: registered })
  const { version, isFinal } = newest.state
  const olderLocks = locksOfOlder(fallback, registered)
  const kept = new Set([...locks, ...olderLocks])
  const released = [...entry.locks, ...entry.olderLocks].filter((id) => !kept.has(id))
  return { changes, patch: { version, hash, isFinal, locks, olderLocks }, released }
}

/**
 * The state that the adjudicator holds, if it is one that we keep and not the newest one of the store: a tree may have to
 * repeat it exactly.
 *
 * @param candidates states that may be the one, best first.
 */
function standingOf(
  backend: ChannelBackend,
  { record }: ChannelEntry,
  candidates: readonly (Transaction | undefined)[],
): Transaction | undefined {
  if (record === undefined) return undefined
  return candidates.find(
    (held) => held !== undefined && standsFor(record, { ...held, hash: backend.stateHash(held.state) }),
  )
}

/** The kept registered state, if it is still the one that stands. */
export function registeredOf(
  backend: ChannelBackend,
  entry: ChannelEntry,
  { registered }: StoredChannel,
): Transaction | undefined {
  return standingOf(backend, entry, [registered])
}

/** The newest state whose whole tree is known stays until a newer one has that property too. */
function fallbackFor(
  index: ChannelIndex,
  stored: StoredChannel,
  newLocks: readonly ChannelId[],
): Transaction | undefined {
  if (index.isTreeKnown(newLocks)) return undefined
  return index.isTreeKnown(locksOf(stored.newest.state)) ? stored.newest : stored.fallback
}

/**
 * The index entry of a channel, brought up to what the store holds: a write that was reported as failed may be there
 * nevertheless.
 */
function inStep(
  index: ChannelIndex,
  backend: ChannelBackend,
  entry: ChannelEntry,
  stored: StoredChannel,
): ChannelEntry {
  if (stored.newest.state.version === entry.version) return entry
  const { version, hash, isFinal, locks, olderLocks } = entryOf(backend, entry.id, stored)
  index.patch(entry.id, { version, hash, isFinal, locks, olderLocks })
  return { ...entry, version, hash, isFinal, locks, olderLocks }
}

/** The index entry of a channel as the store has it. */
export function entryOf(backend: ChannelBackend, id: ChannelId, stored: StoredChannel): ChannelEntry {
  const { params, parents, watched, newest, fallback, registered, record } = stored
  return {
    id,
    participants: params.participants.length,
    parents,
    watched,
    sinks: [],
    version: newest.state.version,
    hash: backend.stateHash(newest.state),
    isFinal: newest.state.isFinal,
    locks: locksOf(newest.state),
    olderLocks: locksOfOlder(fallback, registered),
    record,
    readAt: undefined,
    unbriefed: [],
    pending: [],
  }
}

function stale(entry: ChannelEntry, version: bigint): WatcherError {
  return new WatcherError('VERSION_STALE', 'The state is older than the newest one held.', {
    details: [`Channel ${entry.id}: got version ${version}, held is ${entry.version}.`],
  })
}

function conflict(entry: ChannelEntry, hash: StateHash): WatcherError {
  return new WatcherError('VERSION_CONFLICT', 'Another state with the same version is held.', {
    details: [`Channel ${entry.id}, version ${entry.version}: got ${hash}, held is ${entry.hash}.`],
  })
}

function afterFinal(entry: ChannelEntry, version: bigint): WatcherError {
  return new WatcherError('STATE_AFTER_FINAL', 'The held state is final.', {
    details: [`Channel ${entry.id}: got version ${version} after the final version ${entry.version}.`],
  })
}
