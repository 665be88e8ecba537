import type { LedgerLimits } from '@perun-watcher/core/adapter'

/** What a chain takes besides the gas that is used times its price. */
export type ExtraFee =
  /** Nothing. */
  | 'none'
  /** A fee for the data on the chain below, taken from the balance; it is in no gas limit, and only the node knows it. */
  | 'from-balance'
  /** The same, as part of the gas that the node estimates. */
  | 'in-gas'

/** What is usual on a kind of chain; each value can be given by the user instead. */
export interface ChainPreset {
  /** Chains of this kind, by id. */
  readonly chainIds: readonly bigint[]
  /** What the nodes take. */
  readonly limits: Pick<LedgerLimits, 'bytes' | 'work'>
  /** Below this tip, in wei per gas, nodes of this kind take no transaction, or leave it waiting. */
  readonly minPriorityFeePerGas: bigint
  /** Seconds between two blocks; `undefined`: that depends on who runs the chain. */
  readonly blockSeconds: number | undefined
  /** A block with this many blocks on top of it counts as final. */
  readonly finalityDepth: number
  /** Seconds without a new block after which the chain, or the endpoint, must be taken to stand still. */
  readonly silentSeconds: number
  readonly extraFee: ExtraFee
}

const gwei = 1_000_000_000n

/**
 * 131 072 bytes for the whole transaction (geth's `txMaxSize`, and the nodes that follow it) and 2^24 gas (EIP-7825). Where a
 * chain would take more gas, this is what fits everywhere.
 */
const gethLimits = { bytes: 131_072, work: 2n ** 24n } as const

export type ChainKind = 'ethereum' | 'optimism' | 'arbitrum' | 'polygon' | 'gnosis' | 'dev'

/**
 * Kinds of chains. The sources of each number are in docs/chains.md.
 *
 * Depths are chosen by what a reorg has done, or could do, to the chain. What is final is forgotten: a concluded channel is
 * guarded no longer. One that is too large costs only that events become final later.
 */
export const chainPresets: Readonly<Record<ChainKind, ChainPreset>> = {
  /** Mainnet, Sepolia, Hoodi, Holesky. A tip of 1 gwei is what geth's miners asked for, and what light blocks still pay. */
  ethereum: {
    chainIds: [1n, 11_155_111n, 560_048n, 17_000n],
    limits: gethLimits,
    minPriorityFeePerGas: gwei,
    blockSeconds: 12,
    // Two epochs.
    finalityDepth: 64,
    // Ten slots; three or four empty ones in a row are nothing special.
    silentSeconds: 120,
    extraFee: 'none',
  },
  /** OP Mainnet, Base and their test networks. op-geth suggests a tip of no less than 0.001 gwei. */
  optimism: {
    chainIds: [10n, 11_155_420n, 8_453n, 84_532n],
    limits: gethLimits,
    minPriorityFeePerGas: gwei / 1_000n,
    blockSeconds: 2,
    // Half an hour: until the batch is on the chain below, and final there.
    finalityDepth: 900,
    silentSeconds: 30,
    extraFee: 'from-balance',
  },
  /**
   * Arbitrum One, Nova, Sepolia. 95 000 bytes is what a sequencer takes by default; 32 million gas is a block. Tips win
   * nothing there.
   */
  arbitrum: {
    chainIds: [42_161n, 42_170n, 421_614n],
    limits: { bytes: 95_000, work: 32_000_000n },
    minPriorityFeePerGas: gwei / 1_000n,
    blockSeconds: 0.25,
    // Five minutes. The sequencer takes nothing back that it has told, unless it fails.
    finalityDepth: 1_200,
    // There are blocks only where there are transactions.
    silentSeconds: 60,
    extraFee: 'in-gas',
  },
  /** Polygon PoS and Amoy. Bor takes no tip below 25 gwei; its documents ask for 30. */
  polygon: {
    chainIds: [137n, 80_002n],
    limits: gethLimits,
    minPriorityFeePerGas: 30n * gwei,
    blockSeconds: 2,
    // Reorgs were up to 157 blocks deep before there were milestones.
    finalityDepth: 256,
    silentSeconds: 60,
    extraFee: 'none',
  },
  /** Gnosis Chain and Chiado: as on Ethereum, with shorter slots and epochs. */
  gnosis: {
    chainIds: [100n, 10_200n],
    limits: gethLimits,
    minPriorityFeePerGas: gwei,
    blockSeconds: 5,
    // Four epochs of 16 slots: two until it is final, and as long again.
    finalityDepth: 64,
    silentSeconds: 60,
    extraFee: 'none',
  },
  /** What anvil, Hardhat and `geth --dev` call themselves. */
  dev: {
    chainIds: [31_337n, 1_337n],
    limits: gethLimits,
    minPriorityFeePerGas: gwei,
    blockSeconds: undefined,
    finalityDepth: 64,
    silentSeconds: 120,
    extraFee: 'none',
  },
}

/** The preset that holds for a chain, and how it was found. */
export interface ChosenPreset extends ChainPreset {
  readonly kind: ChainKind
  /**
   * - `given`: the kind was named.
   * - `chain-id`: the chain is a known one of this kind.
   * - `unknown`: nobody knows the chain. It gets Ethereum's limits, and nothing is said of the time between its blocks.
   */
  readonly by: 'given' | 'chain-id' | 'unknown'
}

export function isChainKind(name: unknown): name is ChainKind {
  return typeof name === 'string' && Object.hasOwn(chainPresets, name)
}

const kinds: ReadonlyMap<bigint, ChainKind> = new Map(
  Object.entries(chainPresets).flatMap(([kind, { chainIds }]) =>
    isChainKind(kind) ? chainIds.map((id) => [id, kind] as const) : [],
  ),
)

/** What is usual on a chain: of the kind that is given, else of its own, else of Ethereum. */
export function chainPreset(chainId: bigint | undefined, given?: ChainKind): ChosenPreset {
  if (given !== undefined) return { ...chainPresets[given], kind: given, by: 'given' }
  const kind = chainId === undefined ? undefined : kinds.get(chainId)
  if (kind !== undefined) return { ...chainPresets[kind], kind, by: 'chain-id' }
  return { ...chainPresets.ethereum, blockSeconds: undefined, kind: 'ethereum', by: 'unknown' }
}
