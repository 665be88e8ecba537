import type { HeldState, Transaction } from '../model/channel.ts'

/**
 * Which older states of a line may still have to be registered (docs/disputes.md, "What is kept and why").
 *
 * A state *dominates* an older one of its line whose locks include all of its own, amounts and all: while the channel is
 * open, the adjudicator takes the newer one wherever it would take the older one, with the same states below. So of the
 * states that may be registered anew, those that nothing dominates suffice. Where the newest state locks nothing, it
 * dominates them all.
 */

/** Beyond what each lock of the newest state calls for, so many undominated states are kept. */
const mostSpareStates = 16

/** Kept by object: a busy root asks for those of its older states with every state that is published. */
const keysOf = new WeakMap<HeldState, ReadonlySet<string>>()

/** What a state locks: the channels with their amounts. */
export function lockKeys(held: HeldState): ReadonlySet<string> {
  const known = keysOf.get(held)
  if (known !== undefined) return known
  const { locked } = held.state.outcome
  const keys = new Set(locked.map(({ channelId, balances }) => `${channelId} ${balances.join()}`))
  keysOf.set(held, keys)
  return keys
}

export function locksNothing({ state }: Transaction): boolean {
  return state.outcome.locked.length === 0
}

export function isSubset(some: ReadonlySet<string>, all: ReadonlySet<string>): boolean {
  if (some.size > all.size) return false
  for (const key of some) if (!all.has(key)) return false
  return true
}

const newestFirst = (a: HeldState, b: HeldState): number =>
  a.state.version < b.state.version ? 1 : a.state.version > b.state.version ? -1 : 0

/**
 * The older states to keep beside `newest`, newest first: of those that nothing dominates, per lock of `newest` the newest
 * one without that lock, the newest one without locks, and some more.
 *
 * What is lost by the bound: a state that only matters where two or more locked channels are barred while another lives.
 *
 * @param pool older states of the line, in any order.
 */
export function undominated(newest: HeldState, pool: readonly HeldState[]): readonly HeldState[] {
  // Nearly all states are such; and nothing is left beside them.
  if (pool.length === 0 || locksNothing(newest)) return []
  const keys = lockKeys(newest)
  const frontier: { readonly held: HeldState; readonly keys: ReadonlySet<string> }[] = []
  for (const held of [...pool].sort(newestFirst)) {
    const own = lockKeys(held)
    const isDominated = isSubset(keys, own) || frontier.some((newer) => isSubset(newer.keys, own))
    if (!isDominated) frontier.push({ held, keys: own })
  }
  const wanted = new Set<HeldState | undefined>([frontier.find((each) => each.keys.size === 0)?.held])
  for (const key of keys) wanted.add(frontier.find((each) => !each.keys.has(key))?.held)
  let spare = mostSpareStates
  return frontier.flatMap(({ held }) => (wanted.has(held) || spare-- > 0 ? [held] : []))
}
