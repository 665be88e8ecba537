import { setImmediate } from 'node:timers/promises'
import type { AbortOptions, ChannelId, LedgerId } from '@perun-watcher/core'
import {
  assertServed,
  type ChannelSummary,
  type SpendingLogs,
  type Store,
  type StoreChange,
  type TransactionAttempt,
  type TransactionJournal,
  toError,
} from '@perun-watcher/core/adapter'
import { raceSignal } from '@perun-watcher/core/internal'
import type { OnDamaged } from './codec/damage.ts'
import { decode, encode, isDamage } from './codec/frame.ts'
import { indexCodec } from './codec/index-codec.ts'
import { attemptKey, channelOf } from './codec/keys.ts'
import { attemptCodec } from './codec/small-codecs.ts'
import { commitJob } from './commits/commit-job.ts'
import { type CommitStatistics, type GroupCommit, groupCommit, type Job } from './commits/group-commit.ts'
import { reserve } from './commits/reserve.ts'
import { type IndexEntry, summaryFrom } from './entries/index-entry.ts'
import { batches, type KeyValue } from './files/batches.ts'
import { binding, numberOf, readLedgers } from './files/meta.ts'
import { type OpenStore, openStore } from './files/open-store.ts'
import { put, remove, type Tables } from './files/open-tables.ts'
import { closedError, storeError } from './files/store-error.ts'
import { backUp } from './maintenance/backup.ts'
import { type Verification, type VerifyOptions, verifyTables } from './maintenance/verify.ts'
import {
  ledgerAt,
  type Reading,
  readAttemptsOf,
  readChannel,
  readCursor,
  readIndex,
  readMailbox,
} from './reading/read.ts'
import { keptBatches, readKept } from './reading/read-kept.ts'
import { spendingLog } from './spending-log.ts'

export interface LmdbStoreOptions {
  /** The directory of the store, created if missing. On a local disk, and for one process at a time. */
  readonly path: string
  /** Called with every damage that is found; the rest of the store stays usable. Default: a process warning. */
  readonly onDamaged?: OnDamaged | undefined
}

/** A `Store` on disk, with what operators need in addition. */
export interface LmdbStore extends Store, SpendingLogs {
  /**
   * Copies a consistent snapshot of the store while writes go on. Nothing appears at `path` until the copy is complete and on
   * disk. Aborting ends the wait; a copy that has begun is completed.
   *
   * @throws WatcherError `STORE_NOT_EMPTY`
   */
  backup(path: string, options?: AbortOptions): Promise<void>
  /** Reads everything and lists what is damaged. */
  verify(options?: VerifyOptions): Promise<Verification>
  /** Shows how many commits share a sync under load. */
  statistics(): CommitStatistics
}

/** The store in a directory; `open` creates or opens its files. */
export function lmdbStore({ path, onDamaged: tell = warn }: LmdbStoreOptions): LmdbStore {
  const onDamaged = harmless(tell)
  let state: Lifecycle = { type: 'new' }
  /** One array for good: whoever wraps the store by spreading it sees what is added. */
  const ledgers: LedgerId[] = []

  function opened(): Opened {
    if (state.type !== 'open') throw closedError(path)
    return state
  }
  const tables = (): Tables => opened().files.tables()
  const reading = (): Reading => ({ tables: tables(), ledgers, onDamaged })

  /** All reads go through here: synchronous, from the newest snapshot, never behind a write that waits for the disk. */
  async function read<T>(options: AbortOptions | undefined, work: () => T): Promise<T> {
    options?.signal?.throwIfAborted()
    try {
      return work()
    } catch (error) {
      throw storeError(error, path)
    }
  }

  /** All writes go through here, as jobs that may still run while the store is being closed. */
  async function write(
    options: AbortOptions | undefined,
    job: (open: Opened) => Job,
    how: 'run' | 'runInAnyCase' | 'runNext' = 'run',
  ): Promise<void> {
    options?.signal?.throwIfAborted()
    const open = opened()
    await raceSignal(open.commits[how](job(open)), options?.signal)
  }

  const summaryOf = (id: ChannelId, entry: IndexEntry, key: Buffer): ChannelSummary =>
    summaryFrom(id, entry, (number) => ledgerAt(ledgers, number, indexCodec, key))

  function summary({ key, value }: KeyValue): ChannelSummary | undefined {
    const id = channelOf(key)
    try {
      return summaryOf(id, decode(indexCodec, key, value), key)
    } catch (error) {
      if (!isDamage(error)) throw error
      return rebuiltSummary(id, key)
    }
  }

  /** Rebuilds a damaged summary from the states; if these are damaged as well, the channel is reported and left out. */
  function rebuiltSummary(id: ChannelId, key: Buffer): ChannelSummary | undefined {
    try {
      const entry = readIndex(reading(), id)
      return entry && summaryOf(id, entry, key)
    } catch (error) {
      if (!isDamage(error)) throw error
      onDamaged({ channelId: id, error, isRescued: false })
      return undefined
    }
  }

  async function openFiles(served: readonly LedgerId[]): Promise<void> {
    const files = await openStore(path, { served, onDamaged })
    ledgers.push(...readLedgers(files.tables()))
    state = { type: 'open', served, files, commits: groupCommit(path, files, reserve(files)) }
  }

  async function bind(ledger: LedgerId, options: AbortOptions | undefined): Promise<void> {
    options?.signal?.throwIfAborted()
    assertServed(ledger, opened().served)
    await write(
      options,
      ({ files }) =>
        () =>
          binding(files.tables(), ledger) ?? (() => {}),
    )
    ledgers.push(...readLedgers(tables()).slice(ledgers.length))
  }

  const journal = (ledger: LedgerId): TransactionJournal => ({
    attempts: (options) =>
      read(options, () => {
        const open = reading()
        const number = ledgers.indexOf(ledger)
        return number < 0 ? [] : readAttemptsOf(open, number)
      }),
    // A refutation waits for this write: no backlog of publishes may hold it up.
    putAttempt: (attempt, options) =>
      write(options, (open) => putAttemptJob(open.files, numberOf(ledgers, ledger), attempt), 'runNext'),
    forgetAttempts: (lane, sequence, options) =>
      write(
        options,
        ({ files }) => {
          const number = numberOf(ledgers, ledger)
          return () => {
            const all = readAttemptsOf({ tables: files.tables(), onDamaged }, number)
            const spent = all.filter((each) => each.lane === lane && each.sequence <= sequence)
            return () => {
              for (const { hash } of spent) remove(files.tables().attempts, attemptKey(number, hash))
            }
          }
        },
        'runInAnyCase',
      ),
  })

  async function close(): Promise<void> {
    if (state.type === 'opening') await state.done.catch(() => {})
    if (state.type === 'closed') return await state.done
    const before = state
    const done = before.type === 'open' ? before.commits.idle().then(before.files.close) : Promise.resolve()
    state = { type: 'closed', done }
    await done
  }

  return {
    capabilities: { durable: true },
    ledgers,
    async open(served, options) {
      options?.signal?.throwIfAborted()
      if (state.type === 'closed') throw closedError(path)
      if (state.type === 'new') {
        const done = openFiles(served).catch((error: unknown) => {
          state = { type: 'new' }
          throw error
        })
        state = { type: 'opening', done }
      }
      if (state.type === 'opening') await raceSignal(state.done, options?.signal)
      const open = opened()
      for (const ledger of ledgers) assertServed(ledger, served)
      state = { ...open, served }
    },
    bind,
    journal,
    spendingLog: (ledger) =>
      spendingLog({
        numberRead: () => (ledgers.includes(ledger) ? ledgers.indexOf(ledger) : undefined),
        numberWritten: () => numberOf(ledgers, ledger),
        tables,
        reading,
        read,
        write: (options, job) => write(options, () => job),
      }),
    load: (id, options) => read(options, () => readChannel(reading(), id)),
    kept: (id, line, version, hash, options) => read(options, () => readKept(reading(), id, line, version, hash)),
    async *history(id, line, options) {
      options?.signal?.throwIfAborted()
      for (const batch of keptBatches(reading, id, line)) {
        yield* batch
        await setImmediate()
        options?.signal?.throwIfAborted()
      }
    },
    commit: (changes, options) =>
      write(
        options,
        ({ files }) =>
          commitJob(
            { tables: files.tables, ledgers, readEntry: (open, id) => readIndex({ tables: open, onDamaged }, id) },
            changes,
          ),
        changes.every(makesRoom) ? 'runInAnyCase' : 'run',
      ),
    async *summaries(options) {
      options?.signal?.throwIfAborted()
      for (const batch of batches(() => tables().index)) {
        for (const entry of batch) {
          const found = summary(entry)
          if (found !== undefined) yield found
        }
        await setImmediate()
        options?.signal?.throwIfAborted()
      }
    },
    mailbox: (id, client, options) => read(options, () => readMailbox(reading(), id, client)),
    cursor: (ledger, options) =>
      read(options, () => {
        const open = tables()
        const number = ledgers.indexOf(ledger)
        return number < 0 ? undefined : readCursor(open, number)
      }),
    async backup(target, options) {
      options?.signal?.throwIfAborted()
      await raceSignal(backUp(tables().root, target), options?.signal)
    },
    verify: async (options) => await verifyTables(tables, options),
    statistics: () => opened().commits.statistics,
    close,
    [Symbol.asyncDispose]: close,
  }
}

type Lifecycle =
  | { readonly type: 'new' }
  | { readonly type: 'opening'; readonly done: Promise<void> }
  | Opened
  | { readonly type: 'closed'; readonly done: Promise<void> }

interface Opened {
  readonly type: 'open'
  /** What the store was opened for. */
  readonly served: readonly LedgerId[]
  readonly files: OpenStore
  readonly commits: GroupCommit
}

const makesRoom = ({ type }: StoreChange): boolean =>
  type === 'removeChannel' || type === 'removeLine' || type === 'dropKept'

function putAttemptJob(files: OpenStore, ledger: number, attempt: TransactionAttempt): Job {
  const key = attemptKey(ledger, attempt.hash)
  const value = encode(attemptCodec, key, { ledger, attempt })
  return () => () => put(files.tables().attempts, key, value)
}

const warn: OnDamaged = ({ error }) => process.emitWarning(error)

/** Damage may be met inside a transaction, which must not fail because of who is told of it. */
function harmless(tell: OnDamaged): OnDamaged {
  return (damage) => {
    try {
      tell(damage)
    } catch (error) {
      warn(damage)
      process.emitWarning(toError(error))
    }
  }
}
