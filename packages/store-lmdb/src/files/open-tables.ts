import { WatcherError } from '@perun-watcher/core'
import { type Database, open, type RootDatabase } from 'lmdb'
import { preflight } from './preflight.ts'
import { storeError } from './store-error.ts'

/** One table: bytes by bytes. */
export type Table = Database<Buffer, Buffer>

/** The open files. All reads within one turn of the event loop see the same snapshot, and none waits for the disk. */
export interface Tables {
  readonly root: RootDatabase<Buffer, Buffer>
  /** Format, ledgers, owner and cursors of the store. */
  readonly meta: Table
  /** The parts of channels, see `keys.ts`. */
  readonly channels: Table
  /** The index entry of each channel. */
  readonly index: Table
  readonly mailboxes: Table
  readonly attempts: Table
  /** What transactions cost. Nothing that guards a channel is in it. */
  readonly spending: Table
  /** Nothing but room, see `commits/reserve.ts`. */
  readonly reserve: Table
}

const binary = { encoding: 'binary', keyEncoding: 'binary' } as const

/** @throws WatcherError `STORE_NOT_A_STORE`, `STORE_ACCESS_DENIED`, `STORE_CORRUPT`, `STORE_FULL`, `STORE_FAILED` */
export function openTables(path: string): Tables {
  preflight(path)
  let root: Tables['root'] | undefined
  try {
    root = open<Buffer, Buffer>({
      path,
      noSubdir: false,
      maxDbs: 8,
      ...binary,
      // Classic LMDB: the data is synced before the meta page that makes it valid is written, and only then the
      // transaction resolves. With overlapping syncs lmdb-js would resolve it once it is visible, before it is durable.
      overlappingSync: false,
      // The store groups commits itself: lmdb-js' own grouping leaves an uncatchable rejected promise behind when a
      // transaction fails.
      eventTurnBatching: false,
    })
    assertOurs(root, path)
    const all = root
    const table = (name: string): Table => all.openDB({ name, ...binary })
    return {
      root,
      meta: table('meta'),
      channels: table('channels'),
      index: table('index'),
      mailboxes: table('mailboxes'),
      attempts: table('attempts'),
      spending: table('spending'),
      reserve: table('reserve'),
    }
  } catch (error) {
    root?.close().catch(() => {})
    throw storeError(error, path)
  }
}

/** Never write to another program's database. Its tables show as entries of the root, as ours do. */
function assertOurs(root: Tables['root'], path: string): void {
  const names = [...root.getKeys({ limit: 1_000 })].map((key) => key.toString().replace(/\0$/, ''))
  if (names.length === 0 || names.includes('meta')) return
  throw new WatcherError('STORE_NOT_A_STORE', 'The files are a database of another program.', {
    details: [`Path ${path}.`, `Its tables are ${names.slice(0, 10).join(', ')}.`],
  })
}

/** Longer than what follows a prefix in any key: a version of 64 bits may begin with 0xff, and so may a hash. */
const beyond = Buffer.alloc(64, 0xff)

/** The upper bound of the keys with a prefix. */
export const endOf = (prefix: Buffer): Buffer => Buffer.concat([prefix, beyond])

/** Inside a write transaction the synchronous calls write into that transaction, and throw if they cannot. */
export const put = (table: Table, key: Buffer, value: Buffer): void => {
  table.putSync(key, value)
}

export const remove = (table: Table, key: Buffer): void => {
  table.removeSync(key)
}

/** How many keys are listed at once: a channel may have a long history. */
const removedAtOnce = 1_000

/** Removes all entries with a prefix. */
export function removeAll(table: Table, prefix: Buffer): void {
  for (;;) {
    const keys = [...table.getKeys({ start: prefix, end: endOf(prefix), limit: removedAtOnce })]
    for (const key of keys) remove(table, key)
    if (keys.length < removedAtOnce) return
  }
}
