import type { OpenStore } from '../files/open-store.ts'
import { put, remove, type Tables } from '../files/open-tables.ts'
import { commitError } from '../files/store-error.ts'

/**
 * Room for what must be written even when the disk is full: pages of the files that hold nothing, and are given up when a
 * refutation cannot be recorded otherwise. LMDB writes to freed pages before it lets its files grow.
 */
export interface Reserve {
  /** It was given up: only writes that may use it are made until there is room for it again. */
  readonly isSpent: boolean
  /** Gives it up for the transactions to come. `false`: there is none, or not even that can be written. */
  spend(): Promise<boolean>
  /** Puts it back where there is room, and looks for that only now and then. */
  restore(): Promise<void>
}

export interface ReserveOptions {
  /** Milliseconds, monotonic. */
  readonly now?: (() => number) | undefined
}

/** Each of them takes pages of its own. Together 2 MiB, which hold some hundreds of registrations. */
const pieces = 32
const bytesPerPiece = 64 * 1_024

/** Each look at a full disk costs a write of the whole reserve. */
const pauseMs = 2_000

const keyOf = (piece: number): Buffer => Buffer.from([piece])

const isThere = ({ reserve }: Tables, piece: number): boolean => reserve.doesExist(keyOf(piece))

const missingIn = (tables: Tables): readonly number[] =>
  Array.from({ length: pieces }, (_, piece) => piece).filter((piece) => !isThere(tables, piece))

/** `unknown`: an earlier process may have left it; or there was never room for it. */
type Condition = 'unknown' | 'kept' | 'spent'

export function reserve(store: OpenStore, { now = () => performance.now() }: ReserveOptions = {}): Reserve {
  let condition: Condition = 'unknown'
  let nextLook = Number.NEGATIVE_INFINITY

  /** `false`: it cannot be written. */
  async function write(work: (tables: Tables) => void): Promise<boolean> {
    try {
      const tables = store.tables()
      await tables.root.childTransaction(() => work(tables))
      return true
    } catch (error) {
      // Why is told by the write for which it was tried; but LMDB's own account of it must be taken, or it ends the process.
      await commitError(error)
      await store.revive().catch(() => {})
      return false
    }
  }

  async function fill(): Promise<boolean> {
    if (missingIn(store.tables()).length === 0) return true
    return await write((tables) => {
      for (const piece of missingIn(tables)) put(tables.reserve, keyOf(piece), Buffer.alloc(bytesPerPiece))
    })
  }

  const clear = (): Promise<boolean> =>
    write((tables) => {
      for (let piece = 0; piece < pieces; piece++) remove(tables.reserve, keyOf(piece))
    })

  return {
    get isSpent() {
      return condition === 'spent'
    },
    async spend() {
      if (condition === 'spent' || !(await clear())) return false
      condition = 'spent'
      nextLook = now() + pauseMs
      return true
    },
    async restore() {
      if (condition === 'kept' || now() < nextLook) return
      if (await fill().catch(() => false)) condition = 'kept'
      else nextLook = now() + pauseMs
    },
  }
}
