import type { ChannelId } from '../../model/brand.ts'
import type { ChainFact } from '../../model/events.ts'
import type { AdjudicatorLog, Block, OnChainRecord } from '../../model/ledger.ts'
import type { RecordReading } from '../../spi/chain.ts'
import { none } from '../../store/summary.ts'
import type { ChannelBook } from '../channels/channel-book.ts'
import type { ChannelEntry, ChannelIndex, Observations, PendingFact } from '../channels/channel-index.ts'
import { isSameRecord } from '../channels/records.ts'
import { factOf, factType, type Notifier } from '../notifications/notifier.ts'
import type { ChainClock } from './chain-clock.ts'
import { denies, logDenials, saysLess } from './log-denials.ts'
import { unfinalReadings } from './unfinal-readings.ts'

/**
 * What a reading brought: nothing new, only the hash, or a record that clients were notified of. `doubtful`: it was made at
 * a block that the stream did not announce: a reorg may remove it unnoticed, so read again. `discarded`: the same, where more
 * is known already.
 */
export type ReadingOutcome = 'discarded' | 'doubtful' | 'same' | 'completed' | 'news'

/**
 * What the adjudicator holds for each watched channel, from two sources: logs say what changes, readings of the contract
 * say what stands. Keeps the records in the index up to date and notifies clients.
 */
export interface RecordTracker {
  /** Channels with facts that are not final. */
  readonly unsettledChannels: number
  /** A log of the newest chain. @returns whether it changes what is known of a watched channel. */
  add(log: AdjudicatorLog): boolean
  /**
   * A reorg removed the log: the record before it stands again. Of one that was never told, or is final by now, that is not known:
   * the record stays, in doubt, until it is read.
   *
   * @returns whether a watched channel is concerned.
   */
  remove(log: AdjudicatorLog): boolean
  /**
   * A reorg removed blocks from this number on. Of what stands by a reading there the stream may never have told a log, and
   * removes none: it is in doubt until it is read.
   *
   * @returns the channels that this is true of.
   */
  doubtReadings(reorgedFrom: bigint): readonly ChannelId[]
  /** Logs up to this block can no longer be removed. @returns the channels with a record that became final. */
  finalize(finalNumber: bigint): readonly ChannelId[]
  /** Whether the newest log that became final lately made this record, so that no reading alone speaks for it. */
  isToldFinal(id: ChannelId, record: OnChainRecord): boolean
  /** The stream restarts at its cursor: logs that are not final will come again, or are gone. */
  doubt(): void
  /** The restarted stream has caught up. @returns the channels with a log that did not come again. */
  dropUnconfirmed(): readonly ChannelId[]
  /** A record read from the contract. */
  apply(id: ChannelId, reading: RecordReading): ReadingOutcome
}

/** Final blocks of which the logs are remembered: more than the cursor stays behind. */
const blocksRemembered = 64n

export interface RecordTrackerDeps {
  readonly index: ChannelIndex
  readonly book: Pick<ChannelBook, 'observe'>
  readonly chainClock: Pick<ChainClock, 'hasTold'>
  readonly notifier: Pick<Notifier, 'notify' | 'notifyOne'>
}

export function recordTracker({ index, book, chainClock, notifier }: RecordTrackerDeps): RecordTracker {
  /** Channels with facts that are not final: all that a new block has to look at. */
  const unsettled = new Set<ChannelId>()
  /** Logs that became final lately: a stream that begins anew at the cursor tells them again. */
  const settledLogs = new Map<ChannelId, readonly AdjudicatorLog[]>()
  /** Facts known from a reading only, until they are final or a newer log comes. */
  const readFacts = new Map<ChannelId, ChainFact>()
  const readings = unfinalReadings(index)
  const denials = logDenials()
  /**
   * Records from a block that the stream has not told, or that a reorg may have taken out: its number proves nothing. An endpoint
   * may have made it up, or what stands now is older.
   */
  const unproven = new WeakSet<OnChainRecord>()

  function unsettledEntries(): readonly ChannelEntry[] {
    // A channel may be removed before its facts are final.
    for (const id of unsettled) if (index.get(id) === undefined) unsettled.delete(id)
    return [...unsettled].flatMap((id) => index.get(id) ?? [])
  }

  function setPending(id: ChannelId, pending: readonly PendingFact[], change: Partial<Observations> = {}): void {
    book.observe(id, { ...change, pending: pending.length === 0 ? none : pending })
    if (pending.length === 0) unsettled.delete(id)
    else unsettled.add(id)
  }

  /** Where a reorg went deeper than it should, another one may bring the log back. */
  function unsettle(log: AdjudicatorLog): void {
    const rest = settledLogs.get(log.channelId)?.filter((settled) => !isSameLog(settled, log)) ?? none
    if (rest.length === 0) settledLogs.delete(log.channelId)
    else settledLogs.set(log.channelId, rest)
  }

  function remove(log: AdjudicatorLog): boolean {
    unsettle(log)
    const entry = index.get(log.channelId)
    if (entry === undefined) return false
    const at = entry.pending.findLastIndex((fact) => isSameLog(fact.log, log))
    const gone = entry.pending[at]
    readFacts.delete(entry.id)
    if (gone === undefined) {
      // What stood before it is not known: only a reading says whether it has taken the record along.
      setPending(entry.id, entry.pending, { record: unprovenCopy(entry.record), readAt: undefined })
    } else {
      // Its predecessor now precedes the log after it, or is what stands.
      const pending = entry.pending
        .map((fact, position) => (position === at + 1 ? { ...fact, before: gone.before } : fact))
        .filter((_, position) => position !== at)
      const isLast = at === entry.pending.length - 1
      // Whatever was read may have been read in a block that is gone.
      setPending(entry.id, pending, { record: isLast ? gone.before : entry.record, readAt: undefined })
    }
    notifier.notify({ type: 'removed', channelId: entry.id, fact: factOf(log, 'seen') })
    return true
  }

  /** Removes what a reading denies for good: the newest log, and those before it of which the same is true. */
  function weigh(id: ChannelId, reading: RecordReading): void {
    const known = index.get(id)
    if (known === undefined || !denials.outweigh(known, reading)) return
    for (let entry = index.get(id); entry !== undefined && denies(entry, reading); entry = index.get(id)) {
      const last = entry.pending.at(-1)
      if (last === undefined || !remove(last.log)) return
    }
  }

  /** Inserts a log in the order of the chain: logs from before the stream was interrupted may come after it. */
  function insert(entry: ChannelEntry, log: AdjudicatorLog): void {
    const { pending } = entry
    const at = pending.findIndex((fact) => isLater(fact.log, log))
    const next = pending[at]
    if (next === undefined) {
      const fact = { log, before: entry.record, isConfirmed: true }
      setPending(entry.id, [...pending, fact], isBygone(log, entry.record) ? {} : { record: recordFrom(log, entry) })
      return
    }
    const fact = { log, before: next.before, isConfirmed: true }
    const after = [{ ...next, before: recordOf(log) }, ...pending.slice(at + 1)]
    setPending(entry.id, [...pending.slice(0, at), fact, ...after])
  }

  function settle(entry: ChannelEntry, finalNumber: bigint): boolean {
    const settled = entry.pending.filter(({ log, isConfirmed }) => isConfirmed && log.block.number <= finalNumber)
    if (settled.length === 0) return false
    setPending(
      entry.id,
      entry.pending.filter((fact) => !settled.includes(fact)),
    )
    const logs = [...(settledLogs.get(entry.id) ?? []), ...settled.map(({ log }) => log)]
    settledLogs.set(
      entry.id,
      logs.sort((a, b) => (isLater(a, b) ? 1 : -1)),
    )
    for (const { log } of settled) notifier.notify(factOf(log, 'final'))
    return true
  }

  function forgetSettled(finalNumber: bigint): void {
    for (const [id, logs] of settledLogs) {
      const recent = logs.filter(({ block }) => block.number + blocksRemembered > finalNumber)
      if (recent.length === 0) settledLogs.delete(id)
      else if (recent.length < logs.length) settledLogs.set(id, recent)
    }
  }

  function settleReadings(finalNumber: bigint): void {
    for (const [id, fact] of readFacts) {
      if (fact.block.number > finalNumber) continue
      readFacts.delete(id)
      notifier.notify({ ...fact, finality: 'final' })
    }
  }

  /** Notifies everybody of a change; otherwise only the clients that came since the last reading. */
  function tellReading(entry: ChannelEntry, { record, block }: RecordReading, isNews: boolean): void {
    if (record === undefined) return
    const { id, unbriefed } = entry
    const fact = factFromReading(id, record, block)
    if (isNews) notifier.notify(fact)
    else for (const client of unbriefed) notifier.notifyOne(client, fact)
    const isToldAtNewBlock = isNews || unbriefed.length > 0 || isUnproven(entry.record)
    if (isToldAtNewBlock && index.get(id)?.pending.length === 0) readFacts.set(id, fact)
  }

  /**
   * Whether a log comes so late that what it made has been replaced, and no log is left that could say so: versions never go
   * down. What was answered long ago must not be answered again.
   */
  function isBygone({ block, version }: AdjudicatorLog, record: OnChainRecord | undefined): boolean {
    return record !== undefined && !isUnproven(record) && block.number < record.blockNumber && version < record.version
  }

  function unprovenCopy(record: OnChainRecord | undefined): OnChainRecord | undefined {
    if (record === undefined) return undefined
    const copy = { ...record }
    unproven.add(copy)
    return copy
  }

  const isUnproven = (record: OnChainRecord | undefined): boolean => record !== undefined && unproven.has(record)

  /** What a reading makes of a known record: the log's own block number counts confirmations, the reading adds the hash. */
  function combined(known: OnChainRecord | undefined, { record, block }: RecordReading): OnChainRecord | undefined {
    if (record === undefined || !isSameRecord(known, record) || isUnproven(known)) return record
    return { ...record, blockNumber: known?.blockNumber ?? block.number }
  }

  /** What is known from now on. */
  function taken(entry: ChannelEntry, reading: RecordReading, isAnchored: boolean): OnChainRecord | undefined {
    if (isAnchored || reading.record === undefined) return combined(entry.record, reading)
    return unprovenCopy(reading.record)
  }

  function observe(entry: ChannelEntry, reading: RecordReading, isAnchored: boolean): void {
    const readAt = isAnchored ? reading.block.number : undefined
    book.observe(entry.id, { record: taken(entry, reading, isAnchored), readAt, unbriefed: none })
    if (isAnchored) readings.note(entry.id, reading)
  }

  /** A node that lags behind the log stream, or lies, must not take back what the stream said. */
  function contradictsLogs(entry: ChannelEntry, reading: RecordReading): boolean {
    const written = isUnproven(entry.record) ? undefined : entry.record?.blockNumber
    return isOutdated(entry, written, reading.block) || saysLess(entry, reading)
  }

  return {
    get unsettledChannels() {
      return unsettled.size + readFacts.size
    },
    add(log) {
      if (settledLogs.get(log.channelId)?.some((settled) => isSameLog(settled, log))) return false
      for (const { log: gone } of passedOver(index.get(log.channelId), log)) remove(gone)
      const entry = index.get(log.channelId)
      if (entry === undefined) return false
      if (entry.pending.some((fact) => isSameLog(fact.log, log))) {
        setPending(
          entry.id,
          entry.pending.map((fact) => (isSameLog(fact.log, log) ? { ...fact, isConfirmed: true } : fact)),
        )
        return false
      }
      readFacts.delete(entry.id)
      insert(entry, log)
      notifier.notify(factOf(log, 'seen'))
      return true
    },

    remove,

    doubtReadings(reorgedFrom) {
      return readings.since(reorgedFrom).map(({ id, record, pending }) => {
        readFacts.delete(id)
        // What a log says that is still there stands; only what was read on top is gone.
        book.observe(id, { record: pending.length > 0 ? record : unprovenCopy(record), readAt: undefined })
        return id
      })
    },

    finalize(finalNumber) {
      settleReadings(finalNumber)
      readings.settle(finalNumber)
      forgetSettled(finalNumber)
      return unsettledEntries()
        .filter((entry) => settle(entry, finalNumber))
        .map(({ id }) => id)
    },

    isToldFinal(id, record) {
      const last = settledLogs.get(id)?.at(-1)
      return last !== undefined && isSameRecord(record, recordOf(last))
    },

    doubt() {
      for (const { id, pending } of unsettledEntries()) {
        setPending(
          id,
          pending.map((fact) => ({ ...fact, isConfirmed: false })),
        )
      }
    },

    dropUnconfirmed() {
      const gone = unsettledEntries().flatMap(({ pending }) => pending.filter(({ isConfirmed }) => !isConfirmed))
      for (const { log } of gone.reverse()) remove(log)
      return [...new Set(gone.map(({ log }) => log.channelId))]
    },

    apply(id, reading) {
      const isAnchored = chainClock.hasTold(reading.block)
      if (isAnchored) weigh(id, reading)
      const entry = index.get(id)
      if (entry === undefined) return 'same'
      const { record } = entry
      // Better than nothing where nothing is known, but never instead of what the stream reported.
      const isWeak = !isAnchored && record !== undefined
      if (isWeak || contradictsLogs(entry, reading)) return 'discarded'
      observe(entry, reading, isAnchored)
      const isNews = !isSameRecord(record, reading.record)
      tellReading(entry, reading, isNews)
      if (!isAnchored) return 'doubtful'
      return isNews ? 'news' : outcomeOfSame(record, reading)
    },
  }
}

function outcomeOfSame(known: OnChainRecord | undefined, { record }: RecordReading): ReadingOutcome {
  return known?.stateHash === record?.stateHash ? 'same' : 'completed'
}

function recordOf({ version, phase, timeout, block }: AdjudicatorLog): OnChainRecord {
  return { version, phase, timeout, stateHash: undefined, blockNumber: block.number }
}

/** The record that a log makes; with the hash, where the very same record was read after it. */
function recordFrom(log: AdjudicatorLog, { record, readAt }: ChannelEntry): OnChainRecord {
  const made = recordOf(log)
  const wasRead = readAt !== undefined && readAt >= log.block.number && isSameRecord(record, made)
  return wasRead ? { ...made, stateHash: record?.stateHash } : made
}

function isLater(a: AdjudicatorLog, b: AdjudicatorLog): boolean {
  return a.block.number > b.block.number || (a.block.hash === b.block.hash && a.logIndex > b.logIndex)
}

/** Logs come in the order of the chain: what did not come again before `log` is gone. Newest first. */
function passedOver(entry: ChannelEntry | undefined, log: AdjudicatorLog): readonly PendingFact[] {
  const gone = entry?.pending.filter(
    (fact) => !fact.isConfirmed && !isSameLog(fact.log, log) && !isLater(fact.log, log),
  )
  return gone?.reverse() ?? []
}

function isSameLog(a: AdjudicatorLog, b: AdjudicatorLog): boolean {
  return a.block.hash === b.block.hash && a.logIndex === b.logIndex
}

/**
 * Made at a block before the last log, before the last reading, or before the one that wrote the record, which a restart finds in
 * the store: an endpoint whose head stands still would take back what is final.
 *
 * @param written the number of that block.
 */
function isOutdated({ pending, readAt }: ChannelEntry, written: bigint | undefined, block: Block): boolean {
  const known = [pending.at(-1)?.log.block.number, readAt, written]
  return known.some((number) => number !== undefined && block.number < number)
}

function factFromReading(id: ChannelId, record: OnChainRecord, block: Block): ChainFact {
  return {
    type: factType(record.phase),
    channelId: id,
    version: record.version,
    timeout: record.timeout,
    finality: 'seen',
    block,
    transactionHash: undefined,
  }
}
