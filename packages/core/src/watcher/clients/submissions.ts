import type { KeyedMutex } from '../../async/keyed-mutex.ts'
import { raceSignal } from '../../async/race-signal.ts'
import { locksNothing } from '../../dispute/retention.ts'
import type { ChannelId, ClientName } from '../../model/brand.ts'
import type { Transaction } from '../../model/channel.ts'
import type { AbortOptions } from '../../spi/runtime.ts'
import type { ChannelBook } from '../channels/channel-book.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import type { StateChecker } from '../channels/state-checker.ts'
import type { TreeRoom } from '../channels/tree-room.ts'
import type { HistoryKeeper } from './history-keeper.ts'
import { unknownChannel } from './unknown-channel.ts'

/** Takes new states of watched channels: check, store, acknowledge. */
export interface Submissions {
  /**
   * Resolves once the state is stored, or a newer one that waited with it and makes it useless.
   *
   * @throws WatcherError of the check or of the store; whatever was held before is still held.
   */
  submit(id: ChannelId, client: ClientName, transaction: Transaction, options?: AbortOptions): Promise<void>
}

export interface SubmissionsDeps {
  readonly index: Pick<ChannelIndex, 'get' | 'isLockable'>
  readonly historyKeeper: HistoryKeeper
  readonly treeRoom: Pick<TreeRoom, 'inTurn'>
  readonly book: Pick<ChannelBook, 'read' | 'commit'>
  readonly stateChecker: StateChecker
  readonly mutex: KeyedMutex<ChannelId>
}

/** A state that waits to be checked, and a caller that waits for the answer. */
interface Submission {
  readonly client: ClientName
  readonly transaction: Transaction
  /** Nobody waits any more once it is aborted. */
  readonly signal: AbortSignal | undefined
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

const versionOf = ({ transaction }: Submission): bigint => transaction.state.version

function newestFirst(a: Submission, b: Submission): number {
  const [first, second] = [versionOf(a), versionOf(b)]
  return first < second ? 1 : first > second ? -1 : 0
}

export function submissions(deps: SubmissionsDeps): Submissions {
  const { index, book, stateChecker, treeRoom, historyKeeper, mutex } = deps
  /** Per channel, what waits for the next batch. */
  const waiting = new Map<ChannelId, Submission[]>()

  async function accept(id: ChannelId, { client, transaction }: Submission): Promise<void> {
    const channel = await book.read(id)
    if (channel === undefined) throw unknownChannel(id)
    const { params } = channel.stored
    await treeRoom.inTurn({ params, state: transaction.state }, undefined, async () => {
      const changes = await stateChecker.accept(channel, transaction, client)
      if (changes !== undefined) await book.commit(channel, changes)
    })
    await historyKeeper.bound(id)
  }

  /**
   * Whether every state of a batch has to be kept, whatever comes after it: one of a channel that is or may be locked may
   * have to be repeated exactly, and one that locks something, or that something newer locks, may be needed in its place.
   */
  function keepsEveryState(id: ChannelId, batch: readonly Submission[]): boolean {
    const entry = index.get(id)
    if (entry === undefined) return false
    // What is newer in one line supersedes nothing in another.
    if (entry.otherLines.length > 0) return true
    const isLocking = entry.locks.length > 0 || entry.olderLocks.length > 0
    // A final state is settled whatever comes after it.
    const isNeeded = ({ transaction }: Submission): boolean => transaction.state.isFinal || !locksNothing(transaction)
    return isLocking || index.isLockable(id) || batch.some(isNeeded)
  }

  async function settle(id: ChannelId, each: Submission): Promise<boolean> {
    try {
      await accept(id, each)
      each.resolve()
      return true
    } catch (error) {
      each.reject(error)
      return false
    }
  }

  /** Newest first: once one is stored, the older ones of the batch are superseded and need neither check nor write. */
  async function storeNewest(id: ChannelId, batch: readonly Submission[]): Promise<void> {
    let stored: bigint | undefined
    for (const each of batch) {
      if (each.signal?.aborted) continue
      const version = versionOf(each)
      if (stored !== undefined && version < stored) each.resolve()
      else if (await settle(id, each)) stored ??= version
    }
  }

  async function storeAll(id: ChannelId, batch: readonly Submission[]): Promise<void> {
    // Of two with the same version the first to come stays the first.
    const oldestFirst = [...batch].sort((a, b) => newestFirst(b, a))
    for (const each of oldestFirst) if (!each.signal?.aborted) await settle(id, each)
  }

  /** Processes what waits now. What comes meanwhile goes into the next batch, so that newcomers cannot starve it. */
  async function processBatch(id: ChannelId): Promise<void> {
    const batch = (waiting.get(id) ?? []).sort(newestFirst)
    waiting.delete(id)
    await (keepsEveryState(id, batch) ? storeAll(id, batch) : storeNewest(id, batch))
  }

  function enqueue(id: ChannelId, each: Submission): void {
    const present = waiting.get(id)
    if (present !== undefined) {
      present.push(each)
      return
    }
    waiting.set(id, [each])
    // Never rejects: each submission is settled individually.
    void mutex.run(id, () => processBatch(id))
  }

  return {
    submit(id, client, transaction, { signal } = {}) {
      if (signal?.aborted) return Promise.reject(signal.reason)
      const settled = new Promise<void>((resolve, reject) => {
        enqueue(id, { client, transaction, signal, resolve, reject })
      })
      return raceSignal(settled, signal)
    },
  }
}
