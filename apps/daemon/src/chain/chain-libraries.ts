import { type ChainLibrary, chainOpener, type OpenChain } from './chain-opener.ts'

/** The client libraries through which the watcher can reach its chain. */
export const chainNames = ['viem', 'ethers'] as const

export type ChainName = (typeof chainNames)[number]

/** Loads only the library that was asked for: each takes longer to load than the rest of the program. */
export async function chainLibrary(name: ChainName): Promise<ChainLibrary> {
  return name === 'viem' ? (await import('./viem-chain.ts')).viemChain : (await import('./ethers-chain.ts')).ethersChain
}

export async function openerOf(name: ChainName): Promise<OpenChain> {
  return chainOpener(await chainLibrary(name))
}
