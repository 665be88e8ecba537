import type { KeyedMutex } from '../../async/keyed-mutex.ts'
import { raceSignal } from '../../async/race-signal.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { Transaction } from '../../model/channel.ts'
import type { AbortOptions } from '../../spi/runtime.ts'
import type { ChannelBook } from '../channels/channel-book.ts'
import type { StateChecker } from '../channels/state-checker.ts'
import { unknownChannel } from './unknown-channel.ts'

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
  readonly book: Pick<ChannelBook, 'read' | 'commit'>
  readonly stateChecker: StateChecker
  readonly mutex: KeyedMutex<ChannelId>
}

/** A state that waits to be checked, and a caller that waits for the answer. */
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

export function submissions({ book, stateChecker, mutex }: SubmissionsDeps): Submissions {
  /** Per channel, what waits for the next batch. */
  const waiting = new Map<ChannelId, Submission[]>()

  async function accept(id: ChannelId, transaction: Transaction): Promise<void> {
    const channel = await book.read(id)
    if (channel === undefined) throw unknownChannel(id)
    const changes = await stateChecker.accept(channel, transaction)
    if (changes !== undefined) await book.commit(channel, changes)
  }

  /**
   * Processes what waits now, newest first: once one is stored, the older ones of the batch are superseded and need neither
   * check nor write. What comes meanwhile goes into the next batch, so that newcomers cannot starve those that wait.
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
    // Never rejects: each submission is settled individually.
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
