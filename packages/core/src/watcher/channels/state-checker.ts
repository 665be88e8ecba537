import { hasSameFunds } from '../../dispute/lock-rules.ts'
import { standsFor } from '../../dispute/record-rules.ts'
import { WatcherError } from '../../errors/watcher-error.ts'
import type { ChannelId, StateHash } from '../../model/brand.ts'
import type { HeldState, Params, SignedState, State, Transaction } from '../../model/channel.ts'
import type { OnChainRecord } from '../../model/ledger.ts'
import type { ChannelBackend } from '../../spi/chain.ts'
import type { StoredChannel } from '../../spi/store.ts'
import { checkIndexMap, checkState } from '../../validation/check-state.ts'
import type { ChannelUpdate, HeldChannel } from './channel-book.ts'
import type { ChannelEntry, ChannelIndex } from './channel-index.ts'
import type { ChannelLoader } from './engine-store.ts'
import { hasCompleteTree } from './has-complete-tree.ts'

/** What is to be written when a state is taken. `undefined`: nothing, it is the newest already. */
export type Acceptance = readonly ChannelUpdate[] | undefined

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
  accept(channel: HeldChannel, transaction: Transaction): Promise<Acceptance>
  /** The same for a state of this channel that `check` gave. */
  acceptChecked(channel: HeldChannel, held: HeldState): Promise<Acceptance>
}

export interface StateCheckerDeps {
  readonly index: ChannelIndex
  readonly store: ChannelLoader
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
    // A newer one is not held, and its verification will hash it anyway.
    if (state.version > entry.version) return false
    // Its size and shape, before it is hashed.
    checkState(params, state)
    const hash = backend.stateHash(state)
    if (state.version < entry.version && hash !== entry.record?.stateHash) throw stale(entry, state.version)
    return hash === entry.hash
  }

  async function judge({ entry, stored }: HeldChannel, newest: HeldState): Promise<Acceptance> {
    const { version } = newest.state
    if (version <= entry.version && newest.hash === entry.record?.stateHash) return standing(entry, newest)
    if (version === entry.version) throw conflict(entry, newest.hash)
    if (entry.isFinal) throw afterFinal(entry, version)
    if (!hasSameFunds(stored.newest.state, newest.state)) throw otherFunds(entry, version)
    // A state that locks nothing is complete, and nearly all are such: no need to wait for that.
    const locksNothing = newest.state.outcome.locked.length === 0
    const fallback = locksNothing ? undefined : await fallbackFor(deps, stored, newest.state)
    // As it is now: a record may have come while the signatures were checked.
    const record = index.get(entry.id)?.record
    const registered = standingOf(record, [stored.newest, stored.registered])
    return replacing(stored, { id: entry.id, newest, fallback, registered })
  }

  return {
    check,
    async accept(channel, transaction) {
      const { params } = channel.stored
      if (isHeld(channel.entry, params, transaction.state)) return undefined
      return await judge(channel, await check({ params, ...transaction }))
    },
    async acceptChecked(channel, held) {
      return isHeld(channel.entry, channel.stored.params, held.state) ? undefined : await judge(channel, held)
    },
  }
}

/** Not our newest, but what the adjudicator holds: a tree may have to repeat it exactly. */
function standing({ id }: ChannelEntry, registered: HeldState): Acceptance {
  return [{ type: 'putRegistered', id, held: registered }]
}

interface Kept extends Pick<StoredChannel, 'newest' | 'fallback' | 'registered'> {
  readonly id: ChannelId
}

/** The writes that put a newer state, and what is to be kept besides it, in the place of what is stored. */
function replacing(stored: StoredChannel, { id, newest, fallback, registered }: Kept): Acceptance {
  const changes: ChannelUpdate[] = [{ type: 'putNewest', id, held: newest }]
  if (fallback !== stored.fallback) changes.push({ type: 'putFallback', id, held: fallback })
  if (registered !== stored.registered) changes.push({ type: 'putRegistered', id, held: registered })
  return changes
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
export function registeredOf({ entry, stored }: HeldChannel): HeldState | undefined {
  return standingOf(entry.record, [stored.registered])
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
