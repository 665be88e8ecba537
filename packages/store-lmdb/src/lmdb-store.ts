import { setImmediate } from 'node:timers/promises'
import type { AbortOptions, ChannelId } from '@perun-watcher/core'
import { assertLedger, type ChannelSummary, type Store, type TransactionAttempt } from '@perun-watcher/core/adapter'
import { raceSignal } from '@perun-watcher/core/internal'
import { decode, encode, isDamage } from './codec/frame.ts'
import { indexCodec } from './codec/index-codec.ts'
import { attemptKey, channelOf } from './codec/keys.ts'
import { attemptCodec } from './codec/small-codecs.ts'
import { commitJob } from './commits/commit-job.ts'
import { type CommitStatistics, type GroupCommit, groupCommit, type Job } from './commits/group-commit.ts'
import { summaryFrom } from './entries/index-entry.ts'
import { type OpenStore, openStore } from './files/open-store.ts'
import { put, remove, type Tables } from './files/open-tables.ts'
import { closedError, storeError } from './files/store-error.ts'
import { backUp } from './maintenance/backup.ts'
import { type Verification, type VerifyOptions, verifyTables } from './maintenance/verify.ts'
import type { OnDamaged } from './reading/damage.ts'
import {
  batches,
  type KeyValue,
  type Reading,
  readAttempts,
  readChannel,
  readCursor,
  readIndex,
  readMailbox,
} from './reading/read.ts'

export interface LmdbStoreOptions {
  /** The directory of the store, created if missing. On a local disk, and for one process at a time. */
  readonly path: string
  /** Called with every damage that is found; the rest of the store stays usable. Default: a process warning. */
  readonly onDamaged?: OnDamaged | undefined
}

/** A `Store` on disk, with what operators need in addition. */
export interface LmdbStore extends Store {
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
export function lmdbStore({ path, onDamaged = warn }: LmdbStoreOptions): LmdbStore {
  let state: Lifecycle = { type: 'new' }

  function opened(): Opened {
    if (state.type !== 'open') throw closedError(path)
    return state
  }
  const tables = (): Tables => opened().files.tables()
  const reading = (): Reading => ({ tables: tables(), onDamaged })

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
  async function write(options: AbortOptions | undefined, job: (tables: () => Tables) => Job): Promise<void> {
    options?.signal?.throwIfAborted()
    const { files, commits } = opened()
    await raceSignal(commits.run(job(files.tables)), options?.signal)
  }

  async function writeAttempt(attempt: TransactionAttempt, options: AbortOptions | undefined): Promise<void> {
    options?.signal?.throwIfAborted()
    const { files, commits } = opened()
    // A refutation waits for this write: no backlog of publishes may hold it up.
    await raceSignal(commits.runNext(putAttemptJob(files.tables, attempt)), options?.signal)
  }

  function summary({ key, value }: KeyValue): ChannelSummary | undefined {
    const id = channelOf(key)
    try {
      return summaryFrom(id, decode(indexCodec, key, value))
    } catch (error) {
      if (!isDamage(error)) throw error
      return rebuiltSummary(id)
    }
  }

  /** Rebuilds a damaged summary from the states; if these are damaged as well, the channel is reported and left out. */
  function rebuiltSummary(id: ChannelId): ChannelSummary | undefined {
    try {
      const entry = readIndex(reading(), id)
      return entry && summaryFrom(id, entry)
    } catch (error) {
      if (!isDamage(error)) throw error
      onDamaged({ channelId: id, error, isRescued: false })
      return undefined
    }
  }

  async function openFiles(ledgerId: string): Promise<void> {
    const files = await openStore(path, ledgerId)
    state = { type: 'open', ledgerId, files, commits: groupCommit(path, files) }
  }

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
    async open(ledgerId, options) {
      options?.signal?.throwIfAborted()
      if (state.type === 'closed') throw closedError(path)
      if (state.type === 'new') {
        const done = openFiles(ledgerId).catch((error: unknown) => {
          state = { type: 'new' }
          throw error
        })
        state = { type: 'opening', done }
      }
      if (state.type === 'opening') await raceSignal(state.done, options?.signal)
      assertLedger(opened().ledgerId, ledgerId)
    },
    load: (id, options) => read(options, () => readChannel(reading(), id)),
    commit: (changes, options) =>
      write(options, (files) => commitJob(files, changes, (open, id) => readIndex({ tables: open, onDamaged }, id))),
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
    mailbox: (id, client, options) => read(options, () => readMailbox(tables(), id, client)),
    cursor: (options) => read(options, () => readCursor(tables())),
    attempts: (options) => read(options, () => readAttempts(reading())),
    putAttempt: writeAttempt,
    forgetAttempts: (account, nonce, options) =>
      write(options, (files) => () => {
        const all = readAttempts({ tables: files(), onDamaged })
        const spent = all.filter((each) => each.account === account && each.nonce <= nonce)
        return () => {
          for (const { hash } of spent) remove(files().attempts, attemptKey(hash))
        }
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
  readonly ledgerId: string
  readonly files: OpenStore
  readonly commits: GroupCommit
}

function putAttemptJob(tables: () => Tables, attempt: TransactionAttempt): Job {
  const key = attemptKey(attempt.hash)
  const value = encode(attemptCodec, key, attempt)
  return () => () => put(tables().attempts, key, value)
}

const warn: OnDamaged = ({ error }) => process.emitWarning(error)
