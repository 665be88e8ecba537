import type { KeyedMutex } from '../../async/keyed-mutex.ts'
import type { ChannelId, LedgerId } from '../../model/brand.ts'
import type { Logger } from '../../spi/runtime.ts'
import type { StoreChange } from '../../spi/store.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import type { Mailboxes } from '../notifications/mailboxes.ts'
import { forgetObsoleteStates, type ObsoleteStatesDeps } from './obsolete-states.ts'

/** The cursor is written once per so many final blocks, which a restart may have to read again. */
const blocksPerCursor = 16n

/**
 * Stores records that became final and the events about them, and only then moves the cursor past them: what a restart does
 * not read from the chain again must be in the store, or a client that is away never hears of it.
 */
export interface CursorKeeper {
  /** @param holds what was not read keeps the cursor where it is: only the records are stored. */
  save(ids: readonly ChannelId[], finalNumber: bigint, holds: boolean): void
  /** Resolves when every write so far has succeeded or failed. */
  idle(): Promise<void>
}

/** Where records that became final are kept, and the cursor behind them. */
export interface CursorStore {
  commit(changes: readonly Extract<StoreChange, { type: 'putRecord' | 'putCursor' }>[]): Promise<void>
}

export interface CursorKeeperDeps extends ObsoleteStatesDeps {
  readonly ledger: LedgerId
  readonly index: ChannelIndex
  readonly store: CursorStore & ObsoleteStatesDeps['store']
  readonly mutex: KeyedMutex<ChannelId>
  readonly mailboxes: Pick<Mailboxes, 'flush'>
  readonly logger: Logger
}

export function cursorKeeper(deps: CursorKeeperDeps): CursorKeeper {
  const { index, ledger, store, mutex, mailboxes, logger } = deps
  const unwritten = new Set<ChannelId>()
  let written = -blocksPerCursor
  let tail: Promise<void> = Promise.resolve()

  async function writeRecord(id: ChannelId, finalNumber: bigint): Promise<void> {
    await mutex.run(id, async () => {
      const entry = index.get(id)
      if (entry !== undefined) await store.commit([{ type: 'putRecord', id, ledger, record: entry.record }])
      unwritten.delete(id)
      await forgetObsoleteStates(deps, id, finalNumber)
    })
  }

  async function write(finalNumber: bigint, holds: boolean): Promise<void> {
    const isDue = unwritten.size > 0 || (!holds && finalNumber >= written + blocksPerCursor)
    if (!isDue) return
    try {
      for (const id of [...unwritten]) await writeRecord(id, finalNumber)
      await mailboxes.flush()
      if (holds) return
      await store.commit([{ type: 'putCursor', ledger, blockNumber: finalNumber }])
      written = finalNumber
    } catch (error) {
      // The cursor stays where it is, so a restart reads the same blocks again. The next block tries again.
      logger.error('Records or events not stored', { finalNumber }, error)
    }
  }

  return {
    save(ids, finalNumber, holds) {
      for (const id of ids) unwritten.add(id)
      tail = tail.then(() => write(finalNumber, holds))
    },
    idle: () => tail,
  }
}
