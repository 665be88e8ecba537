import type { HeldState } from '../model/channel.ts'
import { stateBytes } from '../model/state-size.ts'

/**
 * The states of a history that stay where not all can: those that a tree may need as things stand, then the first one and those
 * that give one participant most, which a cheater without a plan registers, then the latest. No choice helps against a
 * cheater who knows it (docs/disputes.md).
 *
 * @param all in ascending order of version.
 * @param needed of these the ones that are needed now; they stay in any case.
 * @param bytes as `stateBytes` counts them.
 */
export function statesWithin(
  all: readonly HeldState[],
  needed: readonly HeldState[],
  bytes: number,
): readonly HeldState[] {
  const staying = new Set<HeldState>()
  let left = bytes
  function keep(held: HeldState): void {
    if (staying.has(held)) return
    staying.add(held)
    left -= stateBytes(held)
  }
  const hashes = new Set(needed.map(({ hash }) => hash))
  for (const held of all) if (hashes.has(held.hash)) keep(held)
  for (const held of [...all.slice(0, 1), ...richest(all), ...[...all].reverse()]) if (left > 0) keep(held)
  return all.filter((held) => staying.has(held))
}

/** Per asset and participant, the state that gives them most. */
function richest(all: readonly HeldState[]): readonly HeldState[] {
  const best = new Map<string, { readonly held: HeldState; readonly balance: bigint }>()
  for (const held of all) {
    for (const [asset, row] of held.state.outcome.balances.entries()) {
      for (const [participant, balance] of row.entries()) {
        const key = `${asset} ${participant}`
        if (balance > (best.get(key)?.balance ?? -1n)) best.set(key, { held, balance })
      }
    }
  }
  return [...best.values()].map(({ held }) => held)
}
