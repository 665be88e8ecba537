import type { OpenChain } from './chain-opener.ts'

/** The client libraries that the watcher can reach its chain through. */
export const chainNames = ['viem', 'ethers'] as const

export type ChainName = (typeof chainNames)[number]

/** Loads only the library that was asked for. */
export async function openerOf(name: ChainName): Promise<OpenChain> {
  return name === 'viem'
    ? (await import('./viem-chain.ts')).openViemChain
    : (await import('./ethers-chain.ts')).openEthersChain
}
