import type { Lifetime } from '../../async/lifetime.ts'
import { type RetryDeps, retry } from '../../async/retry.ts'
import { semaphore } from '../../async/semaphore.ts'
import { isWatcherError, WatcherError } from '../../errors/watcher-error.ts'
import type { ChannelId, ClientName } from '../../model/brand.ts'
import type { AdjudicatorLog, OnChainRecord } from '../../model/ledger.ts'
import type { ChannelEntry, ChannelIndex } from '../channels/channel-index.ts'
import type { StateReader } from '../channels/engine-store.ts'
import { keptStateOf } from '../channels/kept-states.ts'
import { linesOf } from '../channels/lines.ts'
import type { RecordReader } from './record-reader.ts'
import type { StateLearner } from './state-learner.ts'
import type { ChainReader } from './with-read-timeout.ts'

/**
 * Seeks the state that a record stands for, where a tree may have to repeat it and we do not hold it: in the transactions
 * that registered the channel, for as long as it matters. What hid it today, a node that would not trace or a limit on its
 * requests, may be over tomorrow; and the window may be open for days. Also in those that registered what is above the channel,
 * however far: a tree that repeats its state shows it, and leaves no log that names the channel.
 */
export interface StateSeeker {
  /** Channels whose registered state is being sought. */
  readonly size: number
  /** Begins in the background, where a state is missing and not sought already. */
  seek(id: ChannelId): void
}

export interface StateSeekerDeps extends RetryDeps {
  readonly index: Pick<ChannelIndex, 'aboveOf' | 'get' | 'isLockable' | 'payersOf'>
  readonly store: StateReader
  readonly reader: Pick<ChainReader, 'findRegistrations'>
  readonly stateLearner: Pick<StateLearner, 'recover'>
  readonly recordReader: Pick<RecordReader, 'tryReading'>
  readonly lifetime: Lifetime
}

/** Asked again after each pause: a node that refuses must not be flooded, and a window of hours leaves many tries. */
const pauses = { firstDelayMs: 2_000, longestDelayMs: 60_000 }

/**
 * A search goes through history, and refutations need the endpoint more. Clients take turns: what nobody finds is sought for
 * ever, and one client may have any number of such channels.
 */
const searchesAtOnce = 4

/** Pieces of history that are looked through in one go, so that turns are short. */
const mostPages = 8

/** So many channels above a channel are looked into at a time: anybody may lock it, with any number of them. */
const aboveAtOnce = 8

/** How far back the history of a channel was looked through; it is begun anew once it has been all. */
interface History {
  before: bigint | undefined
}

interface Search {
  readonly histories: Map<ChannelId, History>
  /** How many times it was looked into those above the channel. */
  rounds: number
  /** What kept the last round from looking everywhere: what a node hides, or cannot show, must not hide anything else. */
  failure: unknown
}

/** What fails is noted, and the search goes on. */
async function orNote<T>(search: Search, signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    signal.throwIfAborted()
    search.failure ??= error
    return undefined
  }
}

/** A channel, and the record for which its state is missing. */
interface Wanted {
  readonly id: ChannelId
  readonly record: OnChainRecord
}

export function stateSeeker(deps: StateSeekerDeps): StateSeeker {
  const { index, store, reader, stateLearner, recordReader, lifetime } = deps
  const sought = new Set<ChannelId>()
  const permits = semaphore<ClientName>(searchesAtOnce)

  /** The record of a channel whose state is needed and not held. */
  async function missing(id: ChannelId): Promise<OnChainRecord | undefined> {
    const entry = index.get(id)
    if (entry?.record?.stateHash === undefined || !isNeeded(entry, index.isLockable(id))) return undefined
    const { record } = entry
    const stored = await store.load(id)
    if (stored === undefined) return record
    const isNewest = linesOf(stored).some(({ newest }) => newest.hash === record.stateHash)
    return isNewest || (await keptStateOf(store, id, stored, record)) !== undefined ? undefined : record
  }

  /**
   * Looks into those of some transactions that may have shown the record's state: a registration brought it, and what
   * concludes it may hand it in once more, in a registration that changes nothing and so leaves no log of its own.
   *
   * @returns whether the state was found. With funds that nobody here has a part in it is not kept: it fills no lock of ours.
   */
  async function isAmong(
    logs: readonly AdjudicatorLog[],
    { id, record }: Wanted,
    search: Search,
    signal: AbortSignal,
  ): Promise<boolean> {
    for (const log of logs) {
      // A tree that repeats the state leaves a log of its root alone.
      const isOther = log.channelId === id && log.version !== record.version
      if (log.phase === 'forceExec' || isOther) continue
      const found = await orNote(search, signal, () => stateLearner.recover(log, signal))
      if (record.stateHash !== undefined && found?.has(record.stateHash)) return true
      if ((await missing(id)) === undefined) return true
    }
    return false
  }

  /** Goes through the history of a channel, from the newest registration back, until the state is found. */
  async function isInHistory(of: ChannelId, wanted: Wanted, search: Search, signal: AbortSignal): Promise<boolean> {
    const history = search.histories.get(of) ?? { before: undefined }
    search.histories.set(of, history)
    for (let pages = 0; pages < mostPages; pages++) {
      const page = await orNote(search, signal, () => reader.findRegistrations(of, { before: history.before, signal }))
      if (page === undefined) break
      if (await isAmong(page.logs, wanted, search, signal)) return true
      history.before = page.before
      if (page.before === undefined) break
    }
    return false
  }

  /** The registered ones of those above a channel; where they are many, others with each round. */
  function aboveInTurn(id: ChannelId, search: Search): readonly ChannelId[] {
    const registered = index.aboveOf(id).filter(({ record }) => record !== undefined)
    const rounds = Math.max(1, Math.ceil(registered.length / aboveAtOnce))
    const from = (search.rounds++ % rounds) * aboveAtOnce
    return registered.slice(from, from + aboveAtOnce).map((above) => above.id)
  }

  async function tryOnce(id: ChannelId, search: Search, signal: AbortSignal): Promise<void> {
    const record = await missing(id)
    if (record === undefined) return
    search.failure = undefined
    if (await isInHistory(id, { id, record }, search, signal)) return
    for (const above of aboveInTurn(id, search)) {
      if (await isInHistory(above, { id, record }, search, signal)) return
    }
    // What nobody finds may not be there: which state it is was read, perhaps only once.
    await recordReader.tryReading(id, signal)
    if ((await missing(id)) === undefined) return
    if (isWatcherError(search.failure) && !search.failure.retryable) throw search.failure
    throw new WatcherError('CHAIN_UNREACHABLE', 'The registered state could not be recovered.', {
      details: [`Channel ${id}, version ${record.version}.`],
      cause: search.failure,
    })
  }

  async function seekOn(id: ChannelId): Promise<void> {
    try {
      const search: Search = { histories: new Map(), rounds: 0, failure: undefined }
      const patiently = { ...deps, backOff: pauses }
      await lifetime.run((signal) =>
        retry(patiently, () => permits.run(index.payersOf(id), () => tryOnce(id, search, signal)), signal),
      )
    } catch {
      // The engine ends, or the ledger says that repeating is useless. The next reading of the record begins anew.
    }
    sought.delete(id)
  }

  return {
    get size() {
      return sought.size
    },
    seek(id) {
      const entry = index.get(id)
      const isWanted = entry !== undefined && isNeeded(entry, index.isLockable(id))
      if (!isWanted || sought.has(id)) return
      sought.add(id)
      void seekOn(id)
    },
  }
}

/**
 * Whether a tree may have to hold exactly what is registered of a channel, or we could learn something newer from it. A
 * forced execution is signed by one participant alone, so that no tree can hold it.
 */
function isNeeded(entry: ChannelEntry, isLockable: boolean): boolean {
  const { record, hash, version, otherLines, locks, olderLocks } = entry
  if (record === undefined || record.phase === 'forceExec' || record.stateHash === hash) return false
  if (isLockable) return true
  if (record.phase === 'concluded') return false
  const isNewer = record.version > version || otherLines.some((line) => record.version > line.version)
  return isNewer || locks.length > 0 || olderLocks.length > 0
}
