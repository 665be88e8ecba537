import type { LedgerLimits } from '@perun-watcher/core/adapter'

/** What is usual on a kind of chain; each number can be given by the user instead. */
export interface ChainPreset {
  /** Chains of this kind, by id. */
  readonly chainIds: readonly bigint[]
  /** What the nodes take. */
  readonly limits: Pick<LedgerLimits, 'bytes' | 'work'>
  /** Below this tip, in wei per gas, nodes of this kind take no transaction, or leave it waiting. */
  readonly minPriorityFeePerGas: bigint
}

const gwei = 1_000_000_000n

/**
 * 131 072 bytes for the whole transaction (geth's pool, and the nodes that follow it) and 2^24 gas (EIP-7825). Where a chain
 * would take more gas, this is what fits everywhere.
 */
const gethLimits = { bytes: 131_072, work: 2n ** 24n } as const

export type ChainKind = 'ethereum' | 'optimism' | 'arbitrum' | 'polygon' | 'gnosis' | 'dev'

/** Kinds of chains. Sources stand beside each number. */
export const chainPresets: Readonly<Record<ChainKind, ChainPreset>> = {
  /** Mainnet, Sepolia, Hoodi, Holesky. A tip of 1 gwei is what geth's miners asked for, and what light blocks still pay. */
  ethereum: {
    chainIds: [1n, 11_155_111n, 560_048n, 17_000n],
    limits: gethLimits,
    minPriorityFeePerGas: gwei,
  },
  /**
   * OP Mainnet, Base and their test networks. op-geth suggests no less than 0.001 gwei. The fee for the data on the chain
   * below is taken from the balance besides the gas, and only the node knows it: an offer that leaves no room for it is
   * refused for want of funds, and followed by a smaller one.
   */
  optimism: {
    chainIds: [10n, 11_155_420n, 8_453n, 84_532n],
    limits: gethLimits,
    minPriorityFeePerGas: gwei / 1_000n,
  },
  /**
   * Arbitrum One, Nova, Sepolia. 95 000 bytes is what a sequencer takes by default; 32 million gas is a block. Tips win
   * nothing there. The fee for the data on the chain below is part of the gas that the node estimates.
   */
  arbitrum: {
    chainIds: [42_161n, 42_170n, 421_614n],
    limits: { bytes: 95_000, work: 32_000_000n },
    minPriorityFeePerGas: gwei / 1_000n,
  },
  /** Polygon PoS and Amoy. Bor takes no tip below 25 gwei (PIP-59 tells of it); its documents ask for 30. */
  polygon: {
    chainIds: [137n, 80_002n],
    limits: gethLimits,
    minPriorityFeePerGas: 30n * gwei,
  },
  /** Gnosis Chain and Chiado: as on Ethereum, with blocks of 5 seconds (docs.gnosischain.com/about/specs). */
  gnosis: {
    chainIds: [100n, 10_200n],
    limits: gethLimits,
    minPriorityFeePerGas: gwei,
  },
  /** What anvil, Hardhat and `geth --dev` call themselves. */
  dev: {
    chainIds: [31_337n, 1_337n],
    limits: gethLimits,
    minPriorityFeePerGas: gwei,
  },
}

const kinds: ReadonlyMap<bigint, ChainPreset> = new Map(
  Object.values<ChainPreset>(chainPresets).flatMap((preset) => preset.chainIds.map((id) => [id, preset] as const)),
)

/** What is usual on a chain; on one that is not known, as on Ethereum. */
export function chainPreset(chainId: bigint): ChainPreset {
  return kinds.get(chainId) ?? chainPresets.ethereum
}
