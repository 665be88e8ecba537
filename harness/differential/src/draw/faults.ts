import { type Allocation, parseBytes, type State, type SubAlloc } from '@perun-watcher/core'
import { type Family, noContract } from './family.ts'
import type { Random } from './random.ts'

type Fault = (state: State, random: Random, family: Family) => State

const maxUint256 = 2n ** 256n - 1n
const maxUint64 = 2n ** 64n - 1n

/** The state with something in it that does not fit: to the channel, to its parent, to its children or to itself. */
export const spoil: Fault = (state, random, family) => {
  const { assets, balances, locked } = state.outcome
  const kind = random.weighted(
    [6, amountFaults],
    [6, shapeFaults],
    [assets.length > 0 ? 5 : 0, assetFaults],
    [locked.length > 0 ? 12 : 3, lockFaults],
    [3, otherFaults],
    [balances.length > 0 ? 0 : 1, shapeFaults],
  )
  return random.pick(kind)(state, random, family)
}

const outcome =
  (change: (outcome: Allocation, random: Random, family: Family) => Partial<Allocation>): Fault =>
  (state, random, family) => ({
    ...state,
    outcome: { ...state.outcome, ...change(state.outcome, random, family) },
  })

/** One row of balances exchanged for another; a state without rows gets its first. */
const row = (change: (row: readonly bigint[], random: Random) => readonly bigint[]): Fault =>
  outcome(({ balances }, random) => ({ balances: replace(balances, random, (old) => change(old ?? [], random)) }))

const lock = (change: (lock: SubAlloc, random: Random, family: Family) => SubAlloc): Fault =>
  outcome(({ locked }, random, family) => ({
    locked: replace(locked, random, (old) => change(old ?? inventLock(random, family), random, family)),
  }))

const amountFaults: readonly Fault[] = [
  row((amounts, random) => replace(amounts, random, (amount) => ((amount ?? 0n) + 1n) % 2n ** 256n)),
  row((amounts) => amounts.map(() => maxUint256)),
  row((amounts) => amounts.map((_, index) => (index === 0 ? maxUint256 : 0n))),
]

const shapeFaults: readonly Fault[] = [
  row((amounts) => amounts.slice(1)),
  row((amounts) => [...amounts, 0n]),
  outcome(({ balances }) => ({ balances: balances.slice(0, -1) })),
  outcome(({ balances }) => ({ balances: [...balances, balances[0] ?? []] })),
  outcome(({ balances, locked }) => ({
    balances: balances.slice(0, -1),
    locked: locked.map((entry) => ({ ...entry, balances: entry.balances.slice(0, -1) })),
  })),
]

const assetFaults: readonly Fault[] = [
  outcome(({ assets }, random) => ({
    assets: replace(assets, random, (asset) => ({ ...(asset ?? foreign), chainId: (asset?.chainId ?? 0n) + 1n })),
  })),
  outcome(({ assets }, random) => ({
    assets: replace(assets, random, (asset) => ({ ...(asset ?? foreign), holder: noContract })),
  })),
  outcome(({ assets }, random) => ({
    assets: replace(assets, random, (asset) => ({ ...(asset ?? foreign), crossChainHolder: parseBytes('0x01') })),
  })),
  outcome(({ assets }) => ({ assets: assets.slice(1) })),
  outcome(({ assets }) => ({ assets: [...assets, foreign] })),
  outcome(({ assets, balances }) => ({ assets: assets.slice(1), balances: balances.slice(1) })),
]

const foreign = { chainId: 7n, holder: noContract, crossChainHolder: parseBytes('0x') }

const otherIndex: Fault = lock((entry, random) => ({
  ...entry,
  indexMap: replace(entry.indexMap, random, (index) => elsewhere(index, random)),
}))

const lockFaults: readonly Fault[] = [
  // Twice, because few sequences get far enough to hear of it.
  otherIndex,
  otherIndex,
  lock((entry, random) => ({ ...entry, balances: replace(entry.balances, random, (amount) => (amount ?? 0n) + 1n) })),
  lock((entry) => ({ ...entry, balances: entry.balances.slice(1) })),
  lock((entry) => ({ ...entry, balances: [...entry.balances, 0n] })),
  lock((entry) => ({ ...entry, indexMap: [...entry.indexMap, 0] })),
  lock((entry) => ({ ...entry, indexMap: entry.indexMap.slice(1) })),
  lock((entry) => ({ ...entry, indexMap: [] })),
  lock((entry, random, family) => ({ ...entry, channelId: random.pick(family.channels).id })),
  outcome(({ locked }) => ({ locked: [...locked, ...locked] })),
  outcome(({ locked }) => ({ locked: [...locked].reverse() })),
  outcome(({ locked }) => ({ locked: locked.slice(1) })),
  outcome(({ locked }, random, family) => ({ locked: [...locked, inventLock(random, family)] })),
]

const otherFaults: readonly Fault[] = [
  (state) => ({ ...state, version: maxUint64 }),
  (state) => ({ ...state, version: (state.version + 1n) % 2n ** 64n }),
  (state) => ({ ...state, version: state.version === 0n ? 0n : state.version - 1n }),
  (state) => ({ ...state, appData: parseBytes('0x0badda7a') }),
  (state) => ({ ...state, isFinal: !state.isFinal }),
  (state, random, family) => ({ ...state, channelId: random.pick(family.channels).id }),
  outcome(({ backends }) => ({ backends: [...backends, 2n] })),
]

function elsewhere(index: number | undefined, random: Random): number {
  return random.pick([index === 0 ? 1 : 0, 9, 65_535])
}

/** A lock that looks right, of a channel that nobody meant to lock here, perhaps the locking one itself. */
function inventLock(random: Random, family: Family): SubAlloc {
  const channel = random.pick(family.channels)
  return { channelId: channel.id, balances: channel.stake, indexMap: channel.keys.map((_, index) => index) }
}

/** One entry exchanged for another; of an empty list nothing is known, so it gets its first. */
function replace<T>(items: readonly T[], random: Random, change: (item: T | undefined) => T): readonly T[] {
  const at = random.below(items.length)
  return items.length === 0 ? [change(undefined)] : items.map((item, index) => (index === at ? change(item) : item))
}
