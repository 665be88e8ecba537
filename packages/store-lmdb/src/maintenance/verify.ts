import { setImmediate } from 'node:timers/promises'
import type { AbortOptions, ChannelId } from '@perun-watcher/core'
import { damaged, decode, isDamage } from '../codec/frame.ts'
import { channelOf, idKey, isPart } from '../codec/keys.ts'
import { mailboxCodec } from '../codec/mailbox-codec.ts'
import { attemptCodec } from '../codec/small-codecs.ts'
import { readLedger } from '../files/meta.ts'
import type { Table, Tables } from '../files/open-tables.ts'
import type { Damage } from '../reading/damage.ts'
import { batches, type KeyValue, readChannel, readCursor } from '../reading/read.ts'

/** What a store holds, and what of it is damaged. */
export interface Verification {
  /** The ledger that the store belongs to; `undefined`: none yet, or it cannot be read. */
  readonly ledgerId: string | undefined
  readonly channels: number
  readonly mailboxes: number
  readonly attempts: number
  /** Number of the newest final block whose effects are stored. */
  readonly cursor: bigint | undefined
  readonly damaged: readonly Damage[]
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

  const channels = await each(
    ({ index }) => index,
    ({ key }) => check(channelOf(key), () => readChannel({ tables: tables(), onDamaged }, channelOf(key))),
  )
  await each(
    (open) => open.channels,
    ({ key }) => {
      if (isPart(key, 'params')) check(channelOf(key), () => assertIndexed(tables(), channelOf(key)))
    },
  )
  const mailboxes = await each(
    (open) => open.mailboxes,
    ({ key, value }) => check(channelOf(key), () => decode(mailboxCodec, key, value)),
  )
  const attempts = await each(
    (open) => open.attempts,
    ({ key, value }) => check(undefined, () => decode(attemptCodec, key, value)),
  )
  const cursor = check(undefined, () => readCursor(tables()))
  const ledgerId = check(undefined, () => readLedger(tables()))
  return { ledgerId, channels, mailboxes, attempts, cursor, damaged: damages }
}

/** A restart would not find a channel without a summary. */
function assertIndexed({ index }: Tables, id: ChannelId): void {
  const key = idKey(id)
  if (index.getBinary(key) === undefined) throw damaged('summary of a channel', key, 'It is missing.')
}
