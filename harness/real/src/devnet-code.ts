import type { DevnetOptions } from '@perun-watcher/devnet'
import type { PerunBytecode } from './perun-bytecode.ts'

/** What `startDevnet` takes as `code`, so that a devnet runs on Perun's own contracts. */
export function devnetCode(bytecode: PerunBytecode): NonNullable<DevnetOptions['code']> {
  return {
    Adjudicator: bytecode.adjudicator,
    AssetHolderETH: bytecode.assetHolderEth,
    AssetHolderERC20: bytecode.assetHolderErc20,
    PerunToken: bytecode.perunToken,
    AllowAllApp: bytecode.trivialApp,
  }
}
