import { WatcherError } from '../errors/watcher-error.ts'
import type { ClientName } from '../model/brand.ts'

/**
 * What transactions may cost that are not first answers, in the ledger's smallest unit. Everything counts that was paid, first
 * answers as well; but these are paid whatever the budgets say. What is absent limits nothing.
 */
export interface SpendingBudgets {
  /** For one client on one day of the ledger. Clients that watch a channel together share what it costs. */
  readonly perClientAndDay?: bigint | undefined
  /** For one family of channels while one challenge window lasts. */
  readonly perDispute?: bigint | undefined
  /**
   * For all on one day. Once it is used up, clients that had less than an even share of it get theirs all the same: twice of it
   * is spent at most, and nobody can use up what others need.
   */
  readonly perDay?: bigint | undefined
  /** For one dispute, in percent of what the ledger holds for the channel, where that is known. A whole number. */
  readonly percentOfValue?: number | undefined
}

/** Which budget it is. */
export type BudgetName = 'client-and-day' | 'dispute' | 'day' | 'value'

/** All of them. */
export const budgetNames: readonly BudgetName[] = ['client-and-day', 'dispute', 'day', 'value']

/** What a transaction may cost at most. */
export interface Room {
  /** In the ledger's smallest unit; 0: nothing. */
  readonly most: bigint
  /** The one that says so. */
  readonly budget: BudgetName
}

/** What was spent and promised so far, apart from what is asked for. In the ledger's smallest unit. */
export interface Usage {
  /** Today, for all. */
  readonly day: bigint
  /** Today, for each client that cost anything. */
  readonly clients: ReadonlyMap<ClientName, bigint>
  /** For the family, since the window opened. */
  readonly dispute: bigint
}

export interface Asked {
  /** Whom it is for. */
  readonly clients: readonly ClientName[]
  /** What the ledger holds for the channel; `undefined`: nobody knows. */
  readonly value: bigint | undefined
}

/** @returns the tightest limit; `undefined`: there is none. */
export function roomIn(budgets: SpendingBudgets, usage: Usage, asked: Asked): Room | undefined {
  const rooms = [
    clientRoom(budgets, usage, asked),
    disputeRoom(budgets, usage),
    dayRoom(budgets, usage, asked),
    valueRoom(budgets, usage, asked),
  ]
  return rooms.reduce(tighter, undefined)
}

const tighter = (one: Room | undefined, other: Room | undefined): Room | undefined =>
  one === undefined || (other !== undefined && other.most < one.most) ? other : one

/** By the client that has most left: nobody's newest state waits because somebody else watches the channel as well. */
function clientRoom({ perClientAndDay }: SpendingBudgets, { clients }: Usage, asked: Asked): Room | undefined {
  if (perClientAndDay === undefined || asked.clients.length === 0) return undefined
  const left = asked.clients.map((client) => perClientAndDay - (clients.get(client) ?? 0n))
  return { budget: 'client-and-day', most: highest(...left) }
}

function disputeRoom({ perDispute }: SpendingBudgets, { dispute }: Usage): Room | undefined {
  return perDispute === undefined ? undefined : { budget: 'dispute', most: highest(perDispute - dispute) }
}

function dayRoom({ perDay }: SpendingBudgets, { day, clients }: Usage, asked: Asked): Room | undefined {
  if (perDay === undefined) return undefined
  const share = perDay / BigInt(new Set([...clients.keys(), ...asked.clients]).size || 1)
  const left = asked.clients.map((client) => share - (clients.get(client) ?? 0n))
  return { budget: 'day', most: highest(perDay - day, ...left) }
}

function valueRoom({ percentOfValue }: SpendingBudgets, { dispute }: Usage, { value }: Asked): Room | undefined {
  if (percentOfValue === undefined || value === undefined) return undefined
  return { budget: 'value', most: highest((value * BigInt(percentOfValue)) / 100n - dispute) }
}

/** No less than nothing. */
function highest(...amounts: readonly bigint[]): bigint {
  return amounts.reduce((most, amount) => (amount > most ? amount : most), 0n)
}

/** @throws WatcherError `OPTION_INVALID` */
export function checkBudgets(budgets: SpendingBudgets): SpendingBudgets {
  const { percentOfValue, ...amounts } = budgets
  for (const [name, amount] of Object.entries(amounts)) {
    if (amount !== undefined && (typeof amount !== 'bigint' || amount < 0n))
      throw invalid(name, 'a bigint from 0', amount)
  }
  if (percentOfValue !== undefined && (!Number.isSafeInteger(percentOfValue) || percentOfValue < 0)) {
    throw invalid('percentOfValue', 'a whole number from 0', percentOfValue)
  }
  return budgets
}

function invalid(name: string, expected: string, got: unknown): WatcherError {
  return new WatcherError('OPTION_INVALID', `The budget ${name} must be ${expected}.`, { details: [`Got ${got}.`] })
}
