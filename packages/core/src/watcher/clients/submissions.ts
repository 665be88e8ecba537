import type { KeyedMutex } from '../../async/keyed-mutex.ts'
import { raceSignal } from '../../async/race-signal.ts'
import { WatcherError } from '../../errors/watcher-error.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { Transaction } from '../../model/channel.ts'
import type { AbortOptions } from '../../spi/runtime.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import type { EngineStore } from '../channels/engine-store.ts'
import type { StateChecker } from '../channels/state-checker.ts'

/** Takes new states of watched channels: check, store, acknowledge. */
export interface Submissions {
  /**
   * Resolves once the state, or a newer one that waited with it, is stored.
   *
   * @throws WatcherError of the check or of the store; whatever was held before is still held.
   */
  submit(id: ChannelId, transaction: Transaction, options?: AbortOptions): Promise<void>
}

export interface SubmissionsDeps {
  readonly index: ChannelIndex
  readonly store: EngineStore
  readonly states: StateChecker
  readonly mutex: KeyedMutex<ChannelId>
  /** The newest state of a channel changed. */
  readonly onNewest: (id: ChannelId) => void
}

/** A state that waits for its check, and somebody who waits for the answer. */
interface Submission {
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

export function submissions({ index, store, states, mutex, onNewest }: SubmissionsDeps): Submissions {
  /** Per channel, what waits for the next batch. */
  const waiting = new Map<ChannelId, Submission[]>()

  async function accept(id: ChannelId, transaction: Transaction): Promise<void> {
    const entry = index.get(id)
    const stored = entry && (await store.load(id))
    if (entry === undefined || stored === undefined) throw unknownChannel(id)
    const acceptance = await states.accept(entry, stored, transaction)
    if (acceptance !== undefined) {
      await store.commit(acceptance.changes)
      index.patch(id, acceptance.patch)
    }
    // Also without a write: an earlier one that was reported as failed may have put the state there.
    const isNews = acceptance !== undefined || index.get(id)?.version !== entry.version
    if (isNews) onNewest(id)
  }

  /**
   * Works off what waits now, newest first: once one is stored, the older ones of the batch are superseded and need
   * neither check nor write. What comes meanwhile goes into the next batch, so that nobody can push in front for ever.
   */
  async function processBatch(id: ChannelId): Promise<void> {
    const batch = (waiting.get(id) ?? []).sort(newestFirst)
    waiting.delete(id)
    let stored: bigint | undefined
    for (const each of batch) {
      if (each.signal?.aborted) continue
      const version = versionOf(each)
      if (stored !== undefined && version < stored) {
        each.resolve()
        continue
      }
      try {
        await accept(id, each.transaction)
        stored ??= version
        each.resolve()
      } catch (error) {
        each.reject(error)
      }
    }
  }

  function enqueue(id: ChannelId, each: Submission): void {
    const present = waiting.get(id)
    if (present !== undefined) {
      present.push(each)
      return
    }
    waiting.set(id, [each])
    // Never rejects: each submission hears for itself.
    void mutex.run(id, () => processBatch(id))
  }

  return {
    submit(id, transaction, { signal } = {}) {
      if (signal?.aborted) return Promise.reject(signal.reason)
      const settled = new Promise<void>((resolve, reject) => {
        enqueue(id, { transaction, signal, resolve, reject })
      })
      return raceSignal(settled, signal)
    },
  }
}

export function unknownChannel(id: ChannelId): WatcherError {
  return new WatcherError('CHANNEL_UNKNOWN', 'The channel is not watched.', { details: [`Channel ${id}.`] })
}
