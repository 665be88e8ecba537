import { timeLimit } from '../async/time-limit.ts'
import { WatcherError } from '../errors/watcher-error.ts'
import type { ClientName } from '../model/brand.ts'
import type { ChainTime } from '../model/ledger.ts'
import type { SendPurpose } from '../spi/chain.ts'
import type { Clock, Logger } from '../spi/runtime.ts'
import type { SpendingCause, SpendingEntry, SpendingKey, SpendingLog } from '../spi/spending.ts'
import { type BudgetName, budgetNames, checkBudgets, type Room, roomIn, type SpendingBudgets } from './budgets.ts'
import { dayOf, entryName, type Share } from './shares.ts'
import { type SumKey, sumName, type TallyLimits, type Total, tally } from './tally.ts'

/** What was spent, to look at. All from memory. */
export interface SpendingView {
  readonly budgets: SpendingBudgets
  /** What each client cost on a day, what is only promised included; `undefined`: nobody in particular. */
  ofDay(time: ChainTime): ReadonlyMap<ClientName | undefined, Share>
  /** All that the log knows of: what was paid for all clients, since it was begun. */
  readonly total: Total
  /** The transactions that are kept one by one, in no particular order: the newest ones, some thousand. */
  entries(): Iterable<SpendingEntry>
  /** How often each budget said no, since the start. */
  readonly refusals: ReadonlyMap<BudgetName, number>
}

/** Writes down what transactions cost and for whom, and says what may be spent. Made for chain backends of every ledger. */
export interface SpendingBook extends SpendingView {
  /**
   * Reads what earlier runs wrote. Where that fails it goes on without, and tries again with the next write: what cannot be
   * read must keep nobody from being defended.
   */
  open(log: SpendingLog): Promise<void>
  /** What is known of a number. */
  get(key: SpendingKey): SpendingEntry | undefined
  /** Takes the place of what was known of the number; the same again changes nothing. Written in the background. */
  note(entry: SpendingEntry): void
  /** Nothing was spent with the number, and nothing will be. */
  drop(key: SpendingKey): void
  /**
   * What a transaction may cost at most.
   *
   * @param except what was promised or paid for this number does not count.
   * @returns `undefined`: there is no limit, as for every first answer.
   */
  room(cause: SendPurpose, now: ChainTime, circumstances?: RoomCircumstances): Room | undefined
  /** `BUDGET_EXCEEDED`, for what costs more than its room. It is counted. */
  refuse(room: Room, needed: bigint): Error
  /** Whether what was noted of a number is on disk, as far as the log can say; without a log nothing ever will be. */
  isStored(key: SpendingKey): boolean
  /** Resolves once all that was noted so far is written. Rejects with the errors of the log; then it can be asked again. */
  stored(): Promise<void>
}

export interface RoomCircumstances {
  readonly except?: SpendingKey | undefined
  /** What the ledger holds for the channel, in its smallest unit. Default: nobody knows. */
  readonly value?: bigint | undefined
}

export interface SpendingBookOptions {
  readonly budgets?: SpendingBudgets | undefined
  readonly clock: Clock
  readonly logger: Logger
  /** Default: 10 000 each, some megabytes. */
  readonly limits?: TallyLimits | undefined
}

const usualLimits: TallyLimits = { entries: 10_000, sums: 10_000 }

/** A call of the log that has not answered after so many milliseconds counts as failed. */
const callTimeoutMs = 30_000

/** So many clients of a channel share what it costs: an entry must not grow with those who enrol. */
const mostClients = 16

/** @throws WatcherError `OPTION_INVALID` */
export function spendingBook({ clock, logger, limits = usualLimits, ...options }: SpendingBookOptions): SpendingBook {
  const budgets = checkBudgets(options.budgets ?? {})
  const known = tally()
  const limit = timeLimit(clock, callTimeoutMs)
  const refusals = new Map<BudgetName, number>(budgetNames.map((name) => [name, 0]))
  /** What has to be written, in the order in which it changed. */
  const dirtyEntries = new Map<string, SpendingKey>()
  const dirtySums = new Map<string, SumKey>()
  let log: SpendingLog | undefined
  let isRead = false
  let writing: Promise<void> | undefined
  /** Names of the entries of the write under way. */
  let inFlight: ReadonlySet<string> = new Set()

  const inTime = <T>(call: () => Promise<T>): Promise<T> =>
    limit.run(
      call,
      () => new WatcherError('STORE_FAILED', `The log of spending did not answer within ${callTimeoutMs} ms.`),
    )

  function touch(keys: readonly SpendingKey[], sums: readonly SumKey[]): void {
    for (const key of keys) dirtyEntries.set(entryName(key), key)
    for (const sum of sums) dirtySums.set(sumName(sum), sum)
    if (dirtyEntries.size > 2 * limits.entries) forgetGone(dirtyEntries, (key) => known.get(key) === undefined)
    if (dirtySums.size > 2 * limits.sums) forgetGone(dirtySums, (key) => known.sum(key) === undefined)
  }

  function trim(): void {
    const trimmed = known.trim(limits)
    touch(trimmed.entries, trimmed.sums)
  }

  async function readOnce(from: SpendingLog): Promise<void> {
    if (isRead) return
    const { entries, sums } = await inTime(() => from.read())
    isRead = true
    // What is to be written is newer, also where it is gone already.
    known.merge(
      entries.filter((entry) => !dirtyEntries.has(entryName(entry))),
      sums,
    )
  }

  async function writeAll(to: SpendingLog): Promise<void> {
    await readOnce(to)
    while (dirtyEntries.size + dirtySums.size > 0) {
      trim()
      const keys = [...dirtyEntries.values()]
      const sumKeys = [...dirtySums.values()]
      inFlight = new Set(dirtyEntries.keys())
      dirtyEntries.clear()
      dirtySums.clear()
      try {
        await inTime(() =>
          to.write({
            entries: keys.flatMap((key) => known.get(key) ?? []),
            dropEntries: keys.filter((key) => known.get(key) === undefined),
            sums: sumKeys.flatMap((key) => known.sum(key) ?? []),
            dropSums: sumKeys.filter((key) => known.sum(key) === undefined),
          }),
        )
      } catch (error) {
        touch(keys, sumKeys)
        throw error
      } finally {
        inFlight = new Set()
      }
    }
  }

  /** One write at a time; whoever comes while it lasts is served by it. */
  function write(): Promise<void> {
    if (log === undefined) return Promise.resolve()
    writing ??= writeAll(log).finally(() => {
      writing = undefined
    })
    return writing
  }

  function writeSoon(): void {
    write().catch((error: unknown) => logger.warn('What was spent could not be written down', {}, error))
  }

  return {
    budgets,
    ofDay: (time) => known.ofDay(dayOf(time)),
    get total() {
      return known.total
    },
    entries: () => known.entries(),
    refusals,
    async open(from) {
      log = from
      try {
        await readOnce(from)
      } catch (error) {
        logger.error('What was spent in earlier runs could not be read', {}, error)
      }
    },
    get: (key) => known.get(key),
    note(entry) {
      const bounded = withFewClients(entry)
      const before = known.get(entry)
      if (before !== undefined && isSame(before, bounded)) return
      known.put(bounded)
      touch([entry], [])
      trim()
      writeSoon()
    },
    drop(key) {
      // What earlier runs wrote may hold it, although it could not be read yet.
      if (known.get(key) === undefined && isRead) return
      known.drop(key)
      touch([key], [])
      writeSoon()
    },
    room(cause, now, { except, value } = {}) {
      if (cause.rank === 'first-answer') return undefined
      return roomIn(budgets, known.usage(cause, now, except), { clients: cause.clients, value })
    },
    refuse({ most, budget }, needed) {
      refusals.set(budget, (refusals.get(budget) ?? 0) + 1)
      return new WatcherError('BUDGET_EXCEEDED', `The budget leaves too little for this transaction: ${budget}.`, {
        details: [`It leaves ${most}, and ${needed} would be needed, in the smallest unit of the ledger.`],
      })
    },
    isStored(key) {
      const name = entryName(key)
      return log === undefined || (!dirtyEntries.has(name) && !inFlight.has(name))
    },
    async stored() {
      await writing?.catch(() => {})
      await write()
    },
  }
}

/** While nothing can be written: what is gone stays in the log, for the run that reads it to add up again. */
function forgetGone<T>(dirty: Map<string, T>, isGone: (key: T) => boolean): void {
  for (const [name, key] of dirty) if (isGone(key)) dirty.delete(name)
}

function withFewClients(entry: SpendingEntry): SpendingEntry {
  const { cause } = entry
  if (cause === undefined || cause.clients.length <= mostClients) return entry
  const few: SpendingCause = { ...cause, clients: cause.clients.slice(0, mostClients) }
  return { ...entry, cause: few }
}

function isSame({ cause, outcome, time }: SpendingEntry, other: SpendingEntry): boolean {
  return time === other.time && isSameCause(cause, other.cause) && isSameOutcome(outcome, other.outcome)
}

function isSameCause(one: SpendingCause | undefined, other: SpendingCause | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  const isAlike = one.call === other.call && one.rank === other.rank && one.family === other.family
  return isAlike && one.opened === other.opened && one.clients.join() === other.clients.join()
}

function isSameOutcome(one: SpendingEntry['outcome'], other: SpendingEntry['outcome']): boolean {
  if (one.type === 'pending' || other.type === 'pending') {
    return one.type === 'pending' && other.type === 'pending' && one.most === other.most
  }
  const isAlike = one.type === other.type && one.hash === other.hash && one.block === other.block
  return isAlike && one.work === other.work && one.cost === other.cost
}
