import type { Devnet } from './devnet.ts'
import { type Asset, NO_CC } from './model.ts'

/** The ether that the devnet's asset holder keeps. */
export function etherOf({ chainId, contracts }: Pick<Devnet, 'chainId' | 'contracts'>): Asset {
  return { chainID: BigInt(chainId), ethHolder: contracts.assetHolder, ccHolder: NO_CC }
}

/** The devnet's token, which another holder keeps. */
export function tokenOf({ chainId, contracts }: Pick<Devnet, 'chainId' | 'contracts'>): Asset {
  return { chainID: BigInt(chainId), ethHolder: contracts.tokenHolder, ccHolder: NO_CC }
}

/** Whether the same contract keeps both. */
export function isSameAsset(left: Asset, right: Asset): boolean {
  return left.chainID === right.chainID && left.ethHolder.toLowerCase() === right.ethHolder.toLowerCase()
}
