import type { SignedState } from '@perun-watcher/devnet'

/**
 * What each participant of the root owns of each asset in the end, by the rules of the adjudicator: its balance and, for each
 * locked channel, that channel's outcome through the index map. Computed here once more, so that the contract is checked
 * against the states and not against itself.
 *
 * @param tree - the root first, then everything that it locks, depth first
 * @returns `[asset][participant]`, in the order of the root's
 */
export function outcomeOf(tree: readonly [SignedState, ...SignedState[]]): readonly (readonly bigint[])[] {
  return collect(tree, 0).amounts
}

function collect(
  tree: readonly SignedState[],
  position: number,
): { readonly amounts: readonly (readonly bigint[])[]; readonly next: number } {
  const outcome = tree[position]?.state.outcome
  const amounts = (outcome?.balances ?? []).map((row) => [...row])
  let next = position + 1
  for (const { indexMap } of outcome?.locked ?? []) {
    const below = collect(tree, next)
    next = below.next
    for (const [asset, row] of amounts.entries()) {
      for (const [participant, owner] of indexMap.entries()) {
        row[owner] = (row[owner] ?? 0n) + (below.amounts[asset]?.[participant] ?? 0n)
      }
    }
  }
  return { amounts, next }
}
