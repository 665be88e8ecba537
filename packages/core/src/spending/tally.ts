import type { ChannelId, ClientName } from '../model/brand.ts'
import type { ChainTime } from '../model/ledger.ts'
import type { SpendingCause, SpendingEntry, SpendingKey, SpendingSum } from '../spi/spending.ts'
import type { Usage } from './budgets.ts'
import { costOf, dayOf, entryName, plus, type Share, sharesOf } from './shares.ts'

/** What was spent, in memory, and how it adds up. Remembers only as much as {@link Tally.trim} leaves. */
export interface Tally {
  /** How often it has changed. */
  readonly changes: number
  /** In no particular order. */
  entries(): Iterable<SpendingEntry>
  sums(): Iterable<SpendingSum>
  get(key: SpendingKey): SpendingEntry | undefined
  put(entry: SpendingEntry): void
  drop(key: SpendingKey): void
  /** Adds what an earlier run has written. What is known of a number already is newer. */
  merge(entries: readonly SpendingEntry[], sums: readonly SpendingSum[]): void
  /** What each cost on a day, shares of what is only promised included. */
  ofDay(day: number): ReadonlyMap<ClientName | undefined, Share>
  /** @param except is left out. */
  usage(cause: Pick<SpendingCause, 'family' | 'opened'>, now: ChainTime, except: SpendingKey | undefined): Usage
  sum(key: SumKey): SpendingSum | undefined
  /** All that was paid, added up. */
  readonly total: Total
  /** Adds up what is too much, the oldest first. @returns what is different now. */
  trim(limits: TallyLimits): Trimmed
}

/** What was paid, for whomever. */
export interface Total {
  readonly work: bigint
  /** In the ledger's smallest unit. */
  readonly cost: bigint
}

/** Names a sum. */
export type SumKey = Pick<SpendingSum, 'day' | 'client'>

/** Entries that are gone, and sums that are gone, new or larger. */
export interface Trimmed {
  readonly entries: readonly SpendingKey[]
  readonly sums: readonly SumKey[]
}

/** How much is kept at most; trimmed to three quarters of it, so that it is not done all the time. */
export interface TallyLimits {
  /** The newest ones can change yet: much more than of those there are. */
  readonly entries: number
  readonly sums: number
}

export const sumName = ({ day, client }: SumKey): string => `${day} ${client ?? ''}`
const kept = (limit: number): number => Math.floor((limit * 3) / 4)

export function tally(): Tally {
  const entries = new Map<string, SpendingEntry>()
  const sums = new Map<string, SpendingSum>()
  /** The names of the entries of each family. */
  const families = new Map<ChannelId, Set<string>>()
  let paid: Total = { work: 0n, cost: 0n }
  let changes = 0
  let known:
    | { readonly day: number; readonly changes: number; readonly shares: Map<ClientName | undefined, Share> }
    | undefined

  function pay({ work, cost }: Total): void {
    paid = { work: paid.work + work, cost: paid.cost + cost }
  }

  /** It was not paid after all. */
  function unpay(entry: SpendingEntry | undefined): void {
    if (entry === undefined || entry.outcome.type === 'pending') return
    pay({ work: -entry.outcome.work, cost: -entry.outcome.cost })
  }

  function remove(name: string): SpendingEntry | undefined {
    const entry = entries.get(name)
    if (entry === undefined) return undefined
    entries.delete(name)
    const family = entry.cause?.family
    const names = family && families.get(family)
    names?.delete(name)
    if (family !== undefined && names?.size === 0) families.delete(family)
    return entry
  }

  function put(entry: SpendingEntry): void {
    changes += 1
    const name = entryName(entry)
    unpay(remove(name))
    entries.set(name, entry)
    if (entry.outcome.type !== 'pending') pay(entry.outcome)
    const family = entry.cause?.family
    if (family === undefined) return
    const names = families.get(family)
    if (names === undefined) families.set(family, new Set([name]))
    else names.add(name)
  }

  function addTo(day: number, share: Share): SpendingSum {
    const name = sumName({ day, client: share.client })
    const sum = plus(sums.get(name) ?? { day, client: share.client, transactions: 0, work: 0n, cost: 0n }, share)
    sums.set(name, sum)
    return sum
  }

  function ofDay(day: number): ReadonlyMap<ClientName | undefined, Share> {
    if (known?.day === day && known.changes === changes) return known.shares
    const shares = new Map<ClientName | undefined, Share>()
    const add = (share: Share): void => {
      const before = shares.get(share.client)
      shares.set(share.client, before === undefined ? share : plus({ day, ...before }, share))
    }
    for (const sum of sums.values()) if (sum.day === day) add(sum)
    for (const entry of entries.values()) if (dayOf(entry.time) === day) sharesOf(entry).forEach(add)
    known = { day, changes, shares }
    return shares
  }

  function disputeOf(family: ChannelId, opened: ChainTime, except: string | undefined): bigint {
    let cost = 0n
    for (const name of families.get(family) ?? []) {
      const entry = entries.get(name)
      if (entry !== undefined && name !== except && entry.time >= opened) cost += costOf(entry)
    }
    return cost
  }

  /** Adds up the oldest entries. */
  function foldEntries(limit: number): Trimmed {
    if (entries.size <= limit) return nothing
    const oldestFirst = [...entries.values()].sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
    const dropped = oldestFirst.slice(0, entries.size - kept(limit))
    for (const entry of dropped) remove(entryName(entry))
    const paid = dropped.filter(({ outcome }) => outcome.type !== 'pending')
    return {
      entries: dropped,
      sums: paid.flatMap((entry) => sharesOf(entry).map((share) => addTo(dayOf(entry.time), share))),
    }
  }

  /** Makes one sum of those that all clients have of the oldest days. */
  function foldSums(limit: number): readonly SumKey[] {
    if (sums.size <= limit) return []
    const oldestFirst = [...sums.values()].filter(({ client }) => client !== undefined).sort((a, b) => a.day - b.day)
    const dropped = oldestFirst.slice(0, sums.size - kept(limit))
    for (const sum of dropped) sums.delete(sumName(sum))
    return [...dropped, ...dropped.map((sum) => addTo(sum.day, { ...sum, client: undefined }))]
  }

  return {
    get changes() {
      return changes
    },
    entries: () => entries.values(),
    sums: () => sums.values(),
    get: (key) => entries.get(entryName(key)),
    put,
    drop(key) {
      changes += 1
      unpay(remove(entryName(key)))
    },
    merge(older, olderSums) {
      for (const entry of older) if (!entries.has(entryName(entry))) put(entry)
      for (const { day, ...share } of olderSums) {
        addTo(day, share)
        pay(share)
      }
      changes += 1
    },
    ofDay,
    usage({ family, opened }, now, except) {
      const left = except && entries.get(entryName(except))
      const day = dayOf(now)
      const isToday = left !== undefined && dayOf(left.time) === day
      const own = new Map((isToday ? sharesOf(left) : []).map(({ client, cost }) => [client, cost]))
      const clients = new Map<ClientName, bigint>()
      let total = 0n
      for (const [client, { cost }] of ofDay(day)) {
        const spent = cost - (own.get(client) ?? 0n)
        total += spent
        if (client !== undefined && spent > 0n) clients.set(client, spent)
      }
      return { day: total, clients, dispute: disputeOf(family, opened, except && entryName(except)) }
    },
    sum: (key) => sums.get(sumName(key)),
    get total() {
      return paid
    },
    trim(limits) {
      const folded = foldEntries(limits.entries)
      const merged = foldSums(limits.sums)
      if (folded.entries.length + merged.length > 0) changes += 1
      return { entries: folded.entries, sums: [...folded.sums, ...merged] }
    },
  }
}

const nothing: Trimmed = { entries: [], sums: [] }
