import { setImmediate } from 'node:timers/promises'
import type { AbortOptions, ChannelId, LedgerId } from '@perun-watcher/core'
import type { Damage } from '../codec/damage.ts'
import { damaged, decode, isDamage } from '../codec/frame.ts'
import { channelOf, idKey, isPart, keptKey } from '../codec/keys.ts'
import { attemptCodec } from '../codec/small-codecs.ts'
import { heldCodec } from '../codec/state-codec.ts'
import type { IndexEntry } from '../entries/index-entry.ts'
import { batches, type KeyValue } from '../files/batches.ts'
import { readLedgers } from '../files/meta.ts'
import type { Table, Tables } from '../files/open-tables.ts'
import { ledgerAt, mailboxFrom, readCursor, readIndex, readStates } from '../reading/read.ts'
import { besideFrom } from '../reading/read-parts.ts'
import { readSpending } from '../reading/read-spending.ts'

/** What a store holds, and what of it is damaged. */
export interface Verification {
  /** The ledgers that the store is bound to; none, too, where they cannot be read. */
  readonly ledgers: readonly VerifiedLedger[]
  readonly channels: number
  /** States that are kept besides the newest ones. */
  readonly kept: number
  readonly mailboxes: number
  readonly attempts: number
  readonly damaged: readonly Damage[]
}

export interface VerifiedLedger {
  readonly ledgerId: LedgerId
  /** Number of the newest final block whose effects are stored. */
  readonly cursor: bigint | undefined
}

export interface VerifyOptions extends AbortOptions {
  /** Called now and then with the number of entries read so far. */
  readonly onProgress?: ((entries: number) => void) | undefined
}

/** Reads and checks every entry, and carries on after damaged ones. */
export async function verifyTables(
  tables: () => Tables,
  { signal, onProgress }: VerifyOptions = {},
): Promise<Verification> {
  const damages: Damage[] = []
  const onDamaged = (damage: Damage): void => void damages.push(damage)

  let entries = 0

  function check<T>(channelId: ChannelId | undefined, work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      if (!isDamage(error)) throw error
      onDamaged({ channelId, error, isRescued: false })
      return undefined
    }
  }

  async function each(table: (open: Tables) => Table, work: (entry: KeyValue) => void): Promise<number> {
    let count = 0
    for (const batch of batches(() => table(tables()))) {
      signal?.throwIfAborted()
      count += batch.length
      for (const entry of batch) work(entry)
      entries += batch.length
      onProgress?.(entries)
      await setImmediate()
    }
    return count
  }

  const ledgers = check(undefined, () => readLedgers(tables())) ?? []
  const reading = () => ({ tables: tables(), ledgers, onDamaged })

  const channels = await each(
    ({ index }) => index,
    ({ key }) =>
      check(channelOf(key), () => {
        const id = channelOf(key)
        const entry = readIndex(reading(), id)
        if (entry === undefined) return
        // What is kept is read below.
        readStates(reading(), id, withoutOlder(entry))
        for (const lost of olderKeys(id, entry)) check(id, () => assertKept(tables(), lost))
      }),
  )
  let kept = 0
  await each(
    (open) => open.channels,
    (entry) => {
      const id = check(undefined, () => channelOf(entry.key))
      if (id === undefined) return
      if (isPart(entry.key, 'params')) check(id, () => assertIndexed(tables(), id))
      if (!isBeside(entry.key)) return
      kept++
      besideFrom(reading(), id, entry)
    },
  )
  const mailboxes = await each(
    (open) => open.mailboxes,
    ({ key, value }) => check(channelOf(key), () => mailboxFrom({ ledgers }, key, value)),
  )
  const attempts = await each(
    (open) => open.attempts,
    ({ key, value }) =>
      check(undefined, () => ledgerAt(ledgers, decode(attemptCodec, key, value).ledger, attemptCodec, key)),
  )
  for (const number of ledgers.keys()) readSpending(reading(), number)
  const verified = ledgers.map((ledgerId, number) => {
    return { ledgerId, cursor: check(undefined, () => readCursor(tables(), number)) }
  })
  return { ledgers: verified, channels, kept, mailboxes, attempts, damaged: damages }
}

/** Whether a state stands there besides the newest: also those of a store of the first format, which is not migrated here. */
const isBeside = (key: Buffer): boolean => isPart(key, 'kept') || isPart(key, 'fallback') || isPart(key, 'registered')

const withoutOlder = (entry: IndexEntry): IndexEntry => ({
  ...entry,
  older: [],
  otherLines: entry.otherLines.map((line) => ({ ...line, older: [] })),
})

/** Where the older states of all lines are kept. */
function olderKeys(id: ChannelId, entry: IndexEntry): readonly Buffer[] {
  const key = idKey(id)
  return [{ number: 0, older: entry.older }, ...entry.otherLines].flatMap(({ number, older }) =>
    older.map(({ version, hash }) => keptKey(key, number, version, hash)),
  )
}

function assertKept({ channels }: Tables, key: Buffer): void {
  if (channels.getBinary(key) === undefined) throw damaged(heldCodec.what, key, 'It is missing.')
}

/** A restart would not find a channel without a summary. */
function assertIndexed({ index }: Tables, id: ChannelId): void {
  const key = idKey(id)
  if (index.getBinary(key) === undefined) throw damaged('summary of a channel', key, 'It is missing.')
}
