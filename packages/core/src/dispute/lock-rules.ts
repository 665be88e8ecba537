import type { Asset, State, SubAlloc } from '../model/channel.ts'

function isSameAsset(a: Asset | undefined, b: Asset | undefined): boolean {
  return a?.chainId === b?.chainId && a?.holder === b?.holder && a?.crossChainHolder === b?.crossChainHolder
}

/** What a channel distributes of one asset: its balances and what it locks for channels below it. */
function totalOf(state: State, asset: number): bigint {
  const own = state.outcome.balances[asset]?.reduce((sum, balance) => sum + balance, 0n) ?? 0n
  return state.outcome.locked.reduce((sum, lock) => sum + (lock.balances[asset] ?? 0n), own)
}

/** Whether two states of one channel distribute the same funds: what was put into a channel never changes. */
export function hasSameFunds(a: State, b: State): boolean {
  const assets = a.outcome.assets
  return (
    assets.length === b.outcome.assets.length &&
    assets.every(
      (asset, index) => isSameAsset(asset, b.outcome.assets[index]) && totalOf(a, index) === totalOf(b, index),
    )
  )
}

/**
 * Whether the contract takes `child` for what `parent` locks: the same assets, and per asset exactly the locked sum
 * (contract: `unequal ethHolder` and the like, `uint256[]: unequal item`).
 */
export function lockMatches(parent: State, lock: SubAlloc, child: State): boolean {
  const assets = parent.outcome.assets
  if (assets.length !== child.outcome.assets.length || assets.length !== lock.balances.length) return false
  return assets.every(
    (asset, index) => isSameAsset(asset, child.outcome.assets[index]) && lock.balances[index] === totalOf(child, index),
  )
}

/** The assets of a state as text: equal for states with the same assets in the same order. */
export function assetsKey({ outcome }: State): string {
  return outcome.assets
    .map(({ chainId, holder, crossChainHolder }) => `${chainId}:${holder}:${crossChainHolder}`)
    .join()
}
