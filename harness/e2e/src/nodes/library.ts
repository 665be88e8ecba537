/** How the daemon reaches its endpoints. */
export const libraries = ['viem', 'ethers'] as const

export type Library = (typeof libraries)[number]
