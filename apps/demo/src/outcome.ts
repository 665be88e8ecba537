import type { SignedState } from '@perun-watcher/devnet'

/**
 * What each participant of the root owns in the end, by the rules of the adjudicator: its balance and, for each locked
 * channel, that channel's outcome through the index map. Computed here once more, so that the contract is checked against
 * the states and not against itself.
 *
 * @param tree - the root first, then everything that it locks, depth first
 */
export function outcomeOf(tree: readonly [SignedState, ...SignedState[]]): readonly bigint[] {
  return collect(tree, 0).amounts
}

function collect(
  tree: readonly SignedState[],
  position: number,
): { readonly amounts: readonly bigint[]; readonly next: number } {
  const outcome = tree[position]?.state.outcome
  const amounts = [...(outcome?.balances[0] ?? [])]
  let next = position + 1
  for (const { indexMap } of outcome?.locked ?? []) {
    const below = collect(tree, next)
    next = below.next
    for (const [participant, amount] of below.amounts.entries()) {
      const owner = indexMap[participant]
      if (owner !== undefined) amounts[owner] = (amounts[owner] ?? 0n) + amount
    }
  }
  return { amounts, next }
}
