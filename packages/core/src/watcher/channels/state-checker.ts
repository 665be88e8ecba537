import { hasSameFunds } from '../../dispute/lock-rules.ts'
import { standsFor } from '../../dispute/record-rules.ts'
import { WatcherError } from '../../errors/watcher-error.ts'
import type { StateHash } from '../../model/brand.ts'
import type { HeldState, Params, SignedState, State, Transaction } from '../../model/channel.ts'
import type { OnChainRecord } from '../../model/ledger.ts'
import { stateBytes } from '../../model/state-size.ts'
import type { ChannelBackend } from '../../spi/chain.ts'
import type { StoreChange, StoredChannel } from '../../spi/store.ts'
import { locksOf, olderLocksOf, summaryOf } from '../../store/summary.ts'
import { checkIndexMap, checkState } from '../../validation/check-state.ts'
import type { ChannelEntry, ChannelIndex } from './channel-index.ts'
import type { EngineStore } from './engine-store.ts'
import { hasCompleteTree } from './tree-completeness.ts'

/** A state that may become the newest, with what that changes. `undefined`: it is the newest already. */
export type Acceptance =
  | {
      readonly changes: readonly StoreChange[]
      readonly patch: Partial<ChannelEntry>
    }
  | undefined

export interface StateChecker {
  /**
   * A state on its own: its shape, the participants' signatures, and the maps of channels that we know.
   *
   * @returns it with signatures in the form that the contract takes, and with its hash.
   */
  check(signed: SignedState): Promise<HeldState>
  /**
   * A state against the one held: newer, with the same funds, not following a final one, not another one of the same
   * version. An older one is welcome too where it is the one that the adjudicator holds.
   *
   * @throws WatcherError `VERSION_STALE`, `VERSION_CONFLICT`, `FUNDS_CHANGED`, `STATE_AFTER_FINAL`, or what `check` throws.
   */
  accept(entry: ChannelEntry, stored: StoredChannel, transaction: Transaction): Promise<Acceptance>
  /** The same for a state of this channel that `check` gave. */
  acceptChecked(entry: ChannelEntry, stored: StoredChannel, held: HeldState): Promise<Acceptance>
}

export interface StateCheckerDeps {
  readonly index: ChannelIndex
  readonly store: EngineStore
  readonly backend: ChannelBackend
}

export function stateChecker(deps: StateCheckerDeps): StateChecker {
  const { index, backend } = deps

  async function check(signed: SignedState): Promise<HeldState> {
    checkState(signed.params, signed.state)
    for (const lock of signed.state.outcome.locked) {
      const known = index.get(lock.channelId)
      if (known !== undefined) checkIndexMap(lock, known.participants)
    }
    return await backend.verify(signed)
  }

  /**
   * What is cheap to look at, before the signatures.
   *
   * @returns whether the state is the newest one held.
   */
  function isHeld(entry: ChannelEntry, params: Params, state: State): boolean {
    // The verification hashes a newer one: no use in doing it twice to find that it is not held.
    if (state.version > entry.version) return false
    // Before it is hashed: size and shape.
    checkState(params, state)
    const hash = backend.stateHash(state)
    if (state.version < entry.version && hash !== entry.record?.stateHash) throw stale(entry, state.version)
    return hash === entry.hash
  }

  async function judge(entry: ChannelEntry, stored: StoredChannel, newest: HeldState): Promise<Acceptance> {
    const { version } = newest.state
    if (version <= entry.version && newest.hash === entry.record?.stateHash) return standing(entry, stored, newest)
    if (version === entry.version) throw conflict(entry, newest.hash)
    if (entry.isFinal) throw afterFinal(entry, version)
    if (!hasSameFunds(stored.newest.state, newest.state)) throw otherFunds(entry, version)
    return acceptance(deps, { entry, stored, newest })
  }

  return {
    check,
    async accept(known, stored, transaction) {
      const entry = inStep(index, known, stored)
      if (isHeld(entry, stored.params, transaction.state)) return undefined
      return await judge(entry, stored, await check({ params: stored.params, ...transaction }))
    },
    async acceptChecked(known, stored, held) {
      const entry = inStep(index, known, stored)
      return isHeld(entry, stored.params, held.state) ? undefined : await judge(entry, stored, held)
    },
  }
}

/** Not our newest, but what the adjudicator holds: a tree may have to repeat it exactly. */
function standing({ id }: ChannelEntry, { fallback }: StoredChannel, registered: HeldState): Acceptance {
  return {
    changes: [{ type: 'putRegistered', id, held: registered }],
    patch: { olderLocks: olderLocksOf({ fallback, registered }) },
  }
}

interface Accepted {
  readonly entry: ChannelEntry
  readonly stored: StoredChannel
  readonly newest: HeldState
}

async function acceptance(deps: StateCheckerDeps, { entry, stored, newest }: Accepted): Promise<Acceptance> {
  const locks = locksOf(newest)
  // A state that locks nothing is complete, and nearly all are such: no need to wait for that.
  const fallback = locks.length === 0 ? undefined : await fallbackFor(deps, stored, newest.state)
  const changes: StoreChange[] = [{ type: 'putNewest', id: entry.id, held: newest }]
  if (fallback !== stored.fallback) changes.push({ type: 'putFallback', id: entry.id, held: fallback })
  // As it is now: the chain may have told one while the signatures were checked.
  const record = deps.index.get(entry.id)?.record
  const registered = standingOf(record, [stored.newest, stored.registered])
  if (registered !== stored.registered) changes.push({ type: 'putRegistered', id: entry.id, held: registered })
  const { version, isFinal } = newest.state
  const olderLocks = olderLocksOf({ fallback, registered })
  return { changes, patch: { version, hash: newest.hash, isFinal, bytes: stateBytes(newest), locks, olderLocks } }
}

/**
 * The state that the adjudicator holds, if it is one that we keep and not the newest one of the store: a tree may have to
 * repeat it exactly.
 *
 * @param candidates states that may be the one, best first.
 */
function standingOf(
  record: OnChainRecord | undefined,
  candidates: readonly (HeldState | undefined)[],
): HeldState | undefined {
  if (record === undefined) return undefined
  return candidates.find((held) => held !== undefined && standsFor(record, held))
}

/** The kept registered state, if it is still the one that stands. */
export function registeredOf(entry: ChannelEntry, { registered }: StoredChannel): HeldState | undefined {
  return standingOf(entry.record, [registered])
}

/** The newest state whose whole tree can be registered stays until a newer one has that property too. */
async function fallbackFor(
  deps: StateCheckerDeps,
  { newest, fallback }: StoredChannel,
  next: State,
): Promise<HeldState | undefined> {
  if (await hasCompleteTree(deps, next)) return undefined
  return (await hasCompleteTree(deps, newest.state)) ? newest : fallback
}

/**
 * The index entry of a channel, brought up to what the store holds: a write that was reported as failed may be there
 * nevertheless.
 */
function inStep(index: ChannelIndex, entry: ChannelEntry, stored: StoredChannel): ChannelEntry {
  if (stored.newest.state.version === entry.version) return entry
  const { version, hash, isFinal, bytes, locks, olderLocks } = summaryOf(entry.id, stored)
  const held = { version, hash, isFinal, bytes, locks, olderLocks }
  index.patch(entry.id, held)
  return { ...entry, ...held }
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
