import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { open as openFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { type LedgerId, memoryStore, WatcherError } from '@perun-watcher/core'
import {
  assertServed,
  exportLines,
  importLines,
  type Store,
  type TransactionJournal,
} from '@perun-watcher/core/adapter'

/** What a durable store may get wrong; each breaks one case of the kit. */
export type Fault =
  | 'none'
  | 'forgets transactions'
  | 'forgets its ledgers'
  | 'drops what is under way when closed'
  | 'has no lock'
  | 'has a lock that outlives its process'
  | 'trusts damaged data'
  | 'does not sync'
  | 'acknowledges before it writes'
  | 'answers after it was closed'

/** Somebody who waits for the file to be written. */
interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Directories that are open in this process. */
const open = new Set<string>()

/**
 * The smallest durable store: everything in memory, and with every commit all of it in one file. A reference for the
 * kit, not for use.
 */
export function fileStore(directory: string, fault: Fault = 'none'): Store {
  const memory = memoryStore()
  const damaged = new Set<string>()
  let state: 'new' | 'open' | 'closed' = 'new'
  const queue: Waiting[] = []
  let writing: Promise<void> | undefined

  function assertOpen(): void {
    if (state === 'open' || fault === 'answers after it was closed') return
    throw new WatcherError('STORE_CLOSED', 'The store is not open.')
  }

  async function work(): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      await writeAll().then(next.resolve, next.reject)
    }
    writing = undefined
  }

  /** After everything that was changed before; `isUrgent`: before all that waits. */
  async function toDisk(isUrgent = false): Promise<void> {
    const write = new Promise<void>((resolve, reject) => {
      queue.splice(isUrgent ? 0 : queue.length, 0, { resolve, reject })
    })
    writing ??= work()
    if (fault !== 'acknowledges before it writes') await write
  }

  async function writeAll(): Promise<void> {
    if (state === 'closed' && fault === 'drops what is under way when closed') return
    const lines: string[] = []
    for await (const line of exportLines(memory)) lines.push(`${crc32(line)} ${line}`)
    const [file, draft] = [join(directory, 'store'), join(directory, 'draft')]
    writeFileSync(draft, lines.join('\n'))
    for (const path of fault === 'does not sync' ? [] : [draft, directory]) {
      await using handle = await openFile(path, 'r')
      await handle.sync()
    }
    renameSync(draft, file)
  }

  async function read(served: readonly LedgerId[]): Promise<void> {
    const file = join(directory, 'store')
    if (!existsSync(file)) return
    const all = readFileSync(file, 'utf8').split('\n')
    const lines = all.map((text) => text.slice(text.indexOf(' ') + 1))
    if (fault !== 'trusts damaged data') {
      const rotten = lines.filter((line, index) => !all[index]?.startsWith(`${crc32(line)} `))
      for (const line of rotten) damaged.add(/"id":"(\w+)"/.exec(line)?.[1] ?? '')
    }
    const header: { readonly ledgers: readonly LedgerId[] } = JSON.parse(lines[0] ?? '')
    const asked = fault === 'forgets its ledgers' ? [] : header.ledgers
    for (const ledger of asked) assertServed(ledger, served)
    await memory.open([...header.ledgers, ...served])
    const kept =
      fault === 'forgets transactions' ? lines.filter((line) => !line.startsWith('{"type":"attempt"')) : lines
    const items = kept.length - 2
    await importLines(memory, [...kept.slice(0, -1), JSON.stringify({ type: 'end', items })])
  }

  const journal = (ledger: LedgerId): TransactionJournal => {
    const inner = memory.journal(ledger)
    return {
      async attempts(options) {
        assertOpen()
        return await inner.attempts(options)
      },
      async putAttempt(attempt, options) {
        assertOpen()
        await inner.putAttempt(attempt, options)
        await toDisk(true)
      },
      async forgetAttempts(lane, sequence, options) {
        assertOpen()
        await inner.forgetAttempts(lane, sequence, options)
        await toDisk()
      },
    }
  }

  async function close(): Promise<void> {
    if (state === 'open') unlock(directory)
    state = 'closed'
    await writing
  }

  return {
    ...memory,
    capabilities: { durable: true },
    async open(served, options) {
      options?.signal?.throwIfAborted()
      if (state === 'closed') assertOpen()
      if (state === 'open') return await memory.open(served)
      if (fault !== 'has no lock') lock(directory, fault)
      try {
        await read(served)
        if (fault !== 'forgets its ledgers') await memory.open(served)
      } catch (error) {
        unlock(directory)
        throw error
      }
      state = 'open'
      await writeAll()
    },
    async bind(ledger, options) {
      assertOpen()
      await memory.bind(ledger, options)
      await toDisk()
    },
    journal,
    async load(id, options) {
      assertOpen()
      if (damaged.has(id)) throw new WatcherError('STORE_CORRUPT', 'The stored state is damaged.')
      return await memory.load(id, options)
    },
    async commit(changes, options) {
      assertOpen()
      await memory.commit(changes, options)
      await toDisk()
    },
    async kept(id, line, version, hash, options) {
      assertOpen()
      return await memory.kept(id, line, version, hash, options)
    },
    history(id, line, options) {
      assertOpen()
      return memory.history(id, line, options)
    },
    summaries(options) {
      assertOpen()
      return memory.summaries(options)
    },
    async mailbox(id, client, options) {
      assertOpen()
      return await memory.mailbox(id, client, options)
    },
    async cursor(ledger, options) {
      assertOpen()
      return await memory.cursor(ledger, options)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function lock(directory: string, fault: Fault): void {
  const file = join(directory, 'lock')
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined
  const isHeld = pid === process.pid ? open.has(directory) : pid !== undefined && isAlive(pid, fault)
  if (isHeld) throw new WatcherError('STORE_LOCKED', 'The store is in use.')
  writeFileSync(file, String(process.pid))
  open.add(directory)
}

function unlock(directory: string): void {
  open.delete(directory)
  rmSync(join(directory, 'lock'), { force: true })
}

function isAlive(pid: number, fault: Fault): boolean {
  if (fault === 'has a lock that outlives its process') return true
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
