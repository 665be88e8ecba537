import type { ChainTime, ClientName } from '@perun-watcher/core'
import type { BudgetName, SpendingBudgets, SpendingEntry, SpendingView } from '@perun-watcher/core/adapter'

/** What was spent on the ledger's present day and before, for people and for metrics. Amounts in wei and gas. */
export interface SpendingReport {
  readonly budgets: SpendingBudgets
  /** Of the day, for all. What is signed and not included yet counts with the most that it may cost. */
  readonly today: Spending
  /** Since the log was begun. */
  readonly total: Pick<Spending, 'work' | 'cost'>
  /** Those that cost most today, at most {@link mostClients}. */
  readonly clients: readonly ClientSpending[]
  /** What is left of the day: for nobody in particular, and for other clients. */
  readonly others: Spending
  readonly refusals: ReadonlyMap<BudgetName, number>
}

export interface Spending {
  readonly transactions: number
  readonly work: bigint
  readonly cost: bigint
}

export interface ClientSpending extends Spending {
  readonly client: ClientName
}

/** As many are named one by one: labels of metrics must stay few. */
export const mostClients = 20

/** @param now of the newest block; `undefined`: not known yet. */
export function spendingReport(spending: SpendingView, now: ChainTime | undefined): SpendingReport {
  const shares = now === undefined ? [] : [...spending.ofDay(now).values()]
  const named = shares.flatMap(({ client, ...rest }) => (client === undefined ? [] : [{ client, ...rest }]))
  const clients = named.sort((a, b) => (a.cost > b.cost ? -1 : a.cost < b.cost ? 1 : 0)).slice(0, mostClients)
  const today = sumOf(shares)
  const { transactions, work, cost } = sumOf(clients)
  const others = {
    transactions: today.transactions - transactions,
    work: today.work - work,
    cost: today.cost - cost,
  }
  const { budgets, total, refusals } = spending
  return { budgets, today, total, clients, others, refusals }
}

function sumOf(all: readonly Spending[]): Spending {
  return all.reduce<Spending>(
    (sum, each) => ({
      transactions: sum.transactions + each.transactions,
      work: sum.work + each.work,
      cost: sum.cost + each.cost,
    }),
    { transactions: 0, work: 0n, cost: 0n },
  )
}

/** So many of the newest transactions are shown. */
const mostRecent = 20

/** The transactions of late, the newest first. */
export function recentTransactions(spending: SpendingView): readonly SpendingEntry[] {
  return [...spending.entries()].sort((a, b) => (a.time > b.time ? -1 : a.time < b.time ? 1 : 0)).slice(0, mostRecent)
}
