import { locksNothing, undominated } from '../../dispute/retention.ts'
import { WatcherError } from '../../errors/watcher-error.ts'
import type { ChannelId, StateHash } from '../../model/brand.ts'
import type { HeldState, SignedState, Transaction } from '../../model/channel.ts'
import type { ChannelBackend } from '../../spi/chain.ts'
import { checkIndexMap, checkState } from '../../validation/check-state.ts'
import type { ChannelUpdate, HeldChannel } from './channel-book.ts'
import type { ChannelIndex } from './channel-index.ts'
import type { StateReader } from './engine-store.ts'
import { isKept, keptRef } from './kept-states.ts'
import { firstLine, lineOf, type NumberedLine } from './lines.ts'

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
   * @throws WatcherError `VERSION_STALE`, `VERSION_CONFLICT`, `FUNDS_CHANGED`, `STATE_AFTER_FINAL`, or what `check` throws.
   */
  accept(channel: HeldChannel, transaction: Transaction): Promise<Acceptance>
  /** The same for a state of this channel that `check` gave. */
  acceptChecked(channel: HeldChannel, held: HeldState): Promise<Acceptance>
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
}

export function stateChecker({ index, store, backend }: StateCheckerDeps): StateChecker {
  async function check(signed: SignedState): Promise<HeldState> {
    checkState(signed.params, signed.state)
    for (const lock of signed.state.outcome.locked) {
      const known = index.get(lock.channelId)
      if (known !== undefined) checkIndexMap(lock, known.participants)
    }
    return await backend.verify(signed)
  }

  /**
   * @param verified - gives the state with its signatures checked; called only for one that is not held.
   * @param hashOf - of a state that may be held.
   */
  async function judge(
    channel: HeldChannel,
    { state }: Transaction,
    hashOf: () => StateHash,
    verified: () => Promise<HeldState>,
  ): Promise<Acceptance> {
    const { stored } = channel
    const own = lineOf(stored, state)
    // With funds that we hold no state of it is refused, and the first line says why.
    const line = own ?? firstLine(stored)
    const { version } = state
    // A newer one is not held, and its verification will hash it anyway.
    if (version <= line.newest.state.version) {
      // Its size and shape, before it is hashed.
      checkState(stored.params, state)
      const hash = hashOf()
      if (hash === line.newest.hash) return undefined
      const stands = hash === index.get(channel.entry.id)?.record?.stateHash
      if (version === line.newest.state.version && !stands) {
        await verified()
        throw conflict(channel.entry.id, line, hash)
      }
      if (own === undefined || !(stands || isWelcome(channel, line, { state, hash, sigs: [] }))) {
        throw stale(channel.entry.id, line, version)
      }
      return await keep(channel, await verified())
    }
    const held = await verified()
    if (line.newest.state.isFinal) throw afterFinal(channel.entry.id, line, version)
    if (own === undefined) throw otherFunds(channel.entry.id, line, version)
    return replacing(channel, line, held)
  }

  /** Whether a tree may need a state although a newer one of its line is held. */
  function isWelcome({ entry }: HeldChannel, line: NumberedLine, held: HeldState): boolean {
    return index.isLockable(entry.id) || undominated(line.newest, [...line.older, held]).includes(held)
  }

  async function keep(channel: HeldChannel, held: HeldState): Promise<Acceptance> {
    const { entry, stored } = channel
    const line = lineOf(stored, held.state)
    if (line === undefined || held.hash === line.newest.hash) return undefined
    if (await isKept(store, entry.id, line.number, held)) return undefined
    const older = undominated(line.newest, [...line.older, held])
    if (!isHistory(entry.id, held) && !older.includes(held)) return undefined
    const changes: ChannelUpdate[] = [{ type: 'putKept', id: entry.id, line: line.number, held }]
    return [...changes, ...olderChanges(entry.id, line, older)]
  }

  /** Whether a superseded state stays in the history: what may have to be repeated exactly, or raises what it locks. */
  function isHistory(id: ChannelId, held: HeldState): boolean {
    return index.isLockable(id) || !locksNothing(held)
  }

  /** The writes that put a newer state, and what is to be kept besides it, in the place of what is stored. */
  function replacing({ entry: { id } }: HeldChannel, line: NumberedLine, newest: HeldState): Acceptance {
    const putNewest: ChannelUpdate = { type: 'putNewest', id, line: line.number, held: newest }
    const previous = line.newest
    // Nearly all channels are such: nothing else is written.
    if (line.older.length === 0 && locksNothing(previous) && !index.isLockable(id)) return [putNewest]
    const older = undominated(newest, [previous, ...line.older])
    const isWorthKeeping = older.includes(previous) || isHistory(id, previous)
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
    const forgotten = left.filter((held) => !isHistory(id, held)).map(keptRef)
    return [
      { type: 'putOlder', id, line: line.number, older },
      ...(forgotten.length === 0 ? [] : [{ type: 'dropKept', id, line: line.number, states: forgotten } as const]),
    ]
  }

  return {
    check,
    accept(channel, transaction) {
      const { params } = channel.stored
      return judge(
        channel,
        transaction,
        () => backend.stateHash(transaction.state),
        () => check({ params, ...transaction }),
      )
    },
    acceptChecked: (channel, held) =>
      judge(
        channel,
        held,
        () => held.hash,
        () => Promise.resolve(held),
      ),
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
