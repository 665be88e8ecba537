import type { ClientName } from '../model/brand.ts'
import type { ChainTime } from '../model/ledger.ts'
import type { SpendingEntry, SpendingKey, SpendingSum } from '../spi/spending.ts'

/** Whose share of what a transaction cost. */
export type Share = Omit<SpendingSum, 'day'>

const secondsPerDay = 86_400n

/** The days since 1970, by the ledger's time. A ledger that counts in nonsense has a last day. */
export function dayOf(time: ChainTime): number {
  const day = Number(time / secondsPerDay)
  return Math.max(0, Math.min(day, latestDay))
}

/** That many days fit into 32 bits. */
const latestDay = 2 ** 32 - 1

/** The name of an entry. */
export const entryName = ({ lane, sequence }: SpendingKey): string => `${sequence} ${lane}`

/** What a transaction cost, or may cost; in the ledger's smallest unit. */
export function costOf({ outcome }: SpendingEntry): bigint {
  return outcome.type === 'pending' ? outcome.most : outcome.cost
}

/**
 * What a transaction took, in even shares of the clients that it was for: who watches a channel with somebody pays half of
 * it. What does not divide is the first one's.
 */
export function sharesOf(entry: SpendingEntry): readonly Share[] {
  const { cause, outcome } = entry
  const cost = costOf(entry)
  const work = outcome.type === 'pending' ? 0n : outcome.work
  const transactions = outcome.type === 'pending' ? 0 : 1
  const clients: readonly (ClientName | undefined)[] =
    cause === undefined || cause.clients.length === 0 ? [undefined] : cause.clients
  return clients.map((client, index) => {
    return {
      client,
      transactions,
      work: partOf(work, clients.length, index),
      cost: partOf(cost, clients.length, index),
    }
  })
}

function partOf(whole: bigint, parts: number, index: number): bigint {
  const part = whole / BigInt(parts)
  return index === 0 ? whole - part * BigInt(parts - 1) : part
}

export function plus(one: SpendingSum, { transactions, work, cost }: Omit<Share, 'client'>): SpendingSum {
  return {
    ...one,
    transactions: one.transactions + transactions,
    work: one.work + work,
    cost: one.cost + cost,
  }
}
