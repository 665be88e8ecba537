import { WatcherError } from '../errors/watcher-error.ts'
import type { ChannelId } from '../model/brand.ts'
import type { Transaction } from '../model/channel.ts'
import type { AbortOptions } from '../spi/runtime.ts'
import type { Store } from '../spi/store.ts'
import type { StateChecker } from './accept-state.ts'
import type { ChannelIndex } from './channel-index.ts'
import type { KeyedSerial } from './keyed-serial.ts'

/** Takes new states of watched channels: check, store, acknowledge. */
export interface Intake {
  /**
   * Resolves once the state, or a newer one that waited behind it, is stored.
   *
   * @throws WatcherError of the check or of the store; whatever was held before is still held.
   */
  submit(id: ChannelId, transaction: Transaction, options?: AbortOptions): Promise<void>
}

export interface IntakeDeps {
  readonly index: ChannelIndex
  readonly store: Store
  readonly states: StateChecker
  readonly serial: KeyedSerial<ChannelId>
  /** The newest state of a channel changed. */
  readonly onNewest: (id: ChannelId, released: readonly ChannelId[]) => void
}

interface Submission {
  readonly transaction: Transaction
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

const versionOf = ({ transaction }: Submission): bigint => transaction.state.version

export function intake({ index, store, states, serial, onNewest }: IntakeDeps): Intake {
  /** Per channel, what nobody looked at yet. Only the newest of them has to be checked and stored. */
  const waiting = new Map<ChannelId, Set<Submission>>()

  function take(id: ChannelId): Submission | undefined {
    const submissions = [...(waiting.get(id) ?? [])]
    const newest = submissions.reduce<Submission | undefined>(
      (best, each) => (best === undefined || versionOf(each) > versionOf(best) ? each : best),
      undefined,
    )
    if (newest !== undefined) drop(id, newest)
    return newest
  }

  function drop(id: ChannelId, submission: Submission): void {
    const submissions = waiting.get(id)
    submissions?.delete(submission)
    if (submissions?.size === 0) waiting.delete(id)
  }

  async function accept(id: ChannelId, transaction: Transaction): Promise<void> {
    const entry = index.get(id)
    const stored = entry && (await store.load(id))
    if (entry === undefined || stored === undefined) throw unknownChannel(id)
    const acceptance = states.accept(entry, stored, transaction)
    if (acceptance !== undefined) {
      await store.commit(acceptance.changes)
      index.patch(id, acceptance.patch)
    }
    // Also without a write: an earlier one that was reported as failed may have put the state there.
    if (index.get(id)?.version !== entry.version) onNewest(id, acceptance?.released ?? [])
  }

  /** Acknowledges what waited when a newer state was taken and is older than it. */
  function acknowledgeSuperseded(id: ChannelId, present: readonly Submission[], version: bigint): void {
    for (const submission of present) {
      if (versionOf(submission) < version && waiting.get(id)?.has(submission)) {
        drop(id, submission)
        submission.resolve()
      }
    }
  }

  async function settleNext(id: ChannelId): Promise<void> {
    const submission = take(id)
    if (submission === undefined) return
    const present = [...(waiting.get(id) ?? [])]
    try {
      await accept(id, submission.transaction)
      submission.resolve()
      acknowledgeSuperseded(id, present, versionOf(submission))
    } catch (error) {
      submission.reject(error)
    }
  }

  return {
    submit(id, transaction, { signal } = {}) {
      return new Promise<void>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const onAbort = (): void => {
          drop(id, submission)
          reject(signal?.reason)
        }
        const settle = (then: () => void): void => {
          signal?.removeEventListener('abort', onAbort)
          then()
        }
        const submission: Submission = {
          transaction,
          resolve: () => settle(resolve),
          reject: (error) => settle(() => reject(error)),
        }
        signal?.addEventListener('abort', onAbort, { once: true })
        waiting.set(id, (waiting.get(id) ?? new Set()).add(submission))
        serial.run(id, () => settleNext(id)).catch(reject)
      })
    },
  }
}

export function unknownChannel(id: ChannelId): WatcherError {
  return new WatcherError('CHANNEL_UNKNOWN', 'The channel is not watched.', { details: [`Channel ${id}.`] })
}
