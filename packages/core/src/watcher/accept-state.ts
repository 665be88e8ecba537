import { hasSameFunds } from '../dispute/lock-rules.ts'
import { standsFor } from '../dispute/record-rules.ts'
import { WatcherError } from '../errors/watcher-error.ts'
import { checkIndexMap, checkState } from '../intake/check-state.ts'
import type { ChannelId, StateHash } from '../model/brand.ts'
import type { SignedState, State, Transaction } from '../model/channel.ts'
import type { ChannelBackend } from '../spi/chain.ts'
import type { StoreChange, StoredChannel } from '../spi/store.ts'
import { type ChannelEntry, type ChannelIndex, locksOf, locksOfOlder } from './channel-index.ts'
import { isComplete } from './complete-tree.ts'
import type { EngineStore } from './patient-store.ts'

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
   * A state against the one held: newer, with the same funds, not following a final one, not another one of the same
   * version. An older one is welcome too where it is the one that the adjudicator holds.
   *
   * @throws WatcherError `VERSION_STALE`, `VERSION_CONFLICT`, `FUNDS_CHANGED`, `STATE_AFTER_FINAL`, or what `check` throws.
   */
  accept(entry: ChannelEntry, stored: StoredChannel, transaction: Transaction): Promise<Acceptance>
}

export interface StateCheckerDeps {
  readonly index: ChannelIndex
  readonly store: EngineStore
  readonly backend: ChannelBackend
}

export function stateChecker(deps: StateCheckerDeps): StateChecker {
  const { index, backend } = deps

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
    async accept(known, stored, transaction) {
      const entry = inStep(index, backend, known, stored)
      const { version } = transaction.state
      // Before it is hashed: size and shape are cheap to look at.
      checkState(stored.params, transaction.state)
      const hash = backend.stateHash(transaction.state)
      if (hash === entry.hash) return undefined
      const isStanding = hash === entry.record?.stateHash
      if (version < entry.version && !isStanding) throw stale(entry, version)
      const { state, sigs } = check({ params: stored.params, ...transaction })
      if (version <= entry.version && isStanding) return standing(entry, stored, { state, sigs })
      if (version === entry.version) throw conflict(entry, hash)
      if (entry.isFinal) throw afterFinal(entry, version)
      if (!hasSameFunds(stored.newest.state, state)) throw otherFunds(entry, version)
      return acceptance(deps, { entry, stored, newest: { state, sigs }, hash })
    },
  }
}

/** Not our newest, but what the adjudicator holds: a tree may have to repeat it exactly. */
function standing({ id }: ChannelEntry, stored: StoredChannel, registered: Transaction): Acceptance {
  return {
    changes: [{ type: 'putRegistered', id, transaction: registered }],
    patch: { olderLocks: locksOfOlder(stored.fallback, registered) },
    released: [],
  }
}

interface Accepted {
  readonly entry: ChannelEntry
  readonly stored: StoredChannel
  readonly newest: Transaction
  readonly hash: StateHash
}

async function acceptance(deps: StateCheckerDeps, { entry, stored, newest, hash }: Accepted): Promise<Acceptance> {
  const locks = locksOf(newest.state)
  const fallback = await fallbackFor(deps, stored, newest.state)
  const changes: StoreChange[] = [{ type: 'putNewest', id: entry.id, transaction: newest }]
  if (fallback !== stored.fallback) changes.push({ type: 'putFallback', id: entry.id, transaction: fallback })
  const registered = standingOf(deps.backend, entry, [stored.newest, stored.registered])
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

/** The newest state whose whole tree can be registered stays until a newer one has that property too. */
async function fallbackFor(
  deps: StateCheckerDeps,
  { newest, fallback }: StoredChannel,
  next: State,
): Promise<Transaction | undefined> {
  if (await isComplete(deps, next)) return undefined
  return (await isComplete(deps, newest.state)) ? newest : fallback
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

function otherFunds(entry: ChannelEntry, version: bigint): WatcherError {
  return new WatcherError('FUNDS_CHANGED', 'The state distributes other funds than the one held.', {
    details: [`Channel ${entry.id}: version ${version} against version ${entry.version}.`],
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
