import type { Asset, Params, State, SubAlloc } from '../model/channel.ts'
import { arithmeticPanic, arrayPanic, require, reverts } from './model-revert.ts'

const maxUint64 = 2n ** 64n - 1n
const maxUint256 = 2n ** 256n - 1n

export function add(a: bigint, b: bigint): bigint {
  const total = a + b
  require(total <= maxUint256, arithmeticPanic)
  return total
}

export function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce(add, 0n)
}

export function addMapped(row: bigint[], lock: SubAlloc, from: readonly bigint[] | undefined): void {
  for (const [participant, target] of lock.indexMap.entries()) {
    const amount = from?.[participant] ?? reverts(arrayPanic)
    const held = row[target] ?? reverts(arrayPanic)
    row[target] = add(held, amount)
  }
}

export function requireSameAssets(a: readonly Asset[], b: readonly Asset[]): void {
  require(a.length === b.length, 'Asset[]: unequal length')
  for (const [index, asset] of a.entries()) requireSameAsset(asset, b[index])
}

function requireSameAsset(a: Asset, b: Asset | undefined): void {
  require(a.chainId === b?.chainId, 'unequal chainID')
  require(a.holder === b?.holder, 'unequal ethHolder')
  require(a.crossChainHolder === b?.crossChainHolder, 'unequal ccHolder')
}

export function requireSameAmounts(a: readonly bigint[], b: readonly bigint[]): void {
  require(a.length === b.length, 'uint256[]: unequal length')
  for (const [index, amount] of a.entries()) require(amount === b[index], 'uint256[]: unequal item')
}

function requireSameLocked(a: readonly SubAlloc[], b: readonly SubAlloc[]): void {
  require(a.length === b.length, 'SubAlloc[]: unequal length')
  for (const [index, lock] of a.entries()) {
    const other = b[index]
    require(lock.channelId === other?.channelId, 'SubAlloc: unequal ID')
    requireSameAmounts(lock.balances, other?.balances ?? [])
    const otherMap = other?.indexMap ?? []
    require(lock.indexMap.length === otherMap.length, 'uint16[]: unequal length')
    for (const [at, target] of lock.indexMap.entries()) require(target === otherMap[at], 'uint16[]: unequal item')
  }
}

export function requireStep(params: Params, from: State, to: State): void {
  require(from.version < maxUint64, arithmeticPanic)
  require(to.version === from.version + 1n, 'version must increment by one')
  require(!from.isFinal, 'cannot progress from final state')
  const [before, after] = [from.outcome, to.outcome]
  require(before.balances.length === after.balances.length, 'balances length mismatch')
  require(before.assets.length === after.assets.length, 'assets length mismatch')
  requireSameLocked(before.locked, after.locked)
  for (const [index, asset] of before.assets.entries()) {
    requireSameAsset(asset, after.assets[index])
    const [old, next] = [before.balances[index] ?? reverts(arrayPanic), after.balances[index] ?? reverts(arrayPanic)]
    require(old.length === params.participants.length, 'old balances length mismatch')
    require(next.length === params.participants.length, 'new balances length mismatch')
    require(sum(old) === sum(next), 'sum of balances mismatch')
  }
}
