import type { Bytes } from '@perun-watcher/core'
import type { ModelContracts, ModelPayout } from '@perun-watcher/core/testing'

export interface DevnetAddresses {
  readonly chainId: bigint
  /** Takes any outcome, once per channel. */
  readonly assetHolder: Bytes
  /** Allows every move. */
  readonly app: Bytes
}

const nobody = `0x${'00'.repeat(20)}`
const maxUint256 = 2n ** 256n - 1n

/** Calling an address without code fails, and nobody is there to say why. */
const silence = 'without a reason'

/** The apps and asset holders of a devnet, for `modelAdjudicator`. At every other address there is no code. */
export function devnetContracts({ chainId, assetHolder, app }: DevnetAddresses): ModelContracts {
  return {
    moveFault: ({ params }) => (params.app === app ? undefined : silence),
    holds: (asset) => asset.chainId === chainId && asset.holder !== nobody,
    payoutFault: (payout) => {
      if (payout.state.outcome.assets[payout.asset]?.holder !== assetHolder) return silence
      return holderFault(payout, chainId)
    },
  }
}

/** The reasons of AssetHolderETH, in its order. */
function holderFault({ params, state, asset, balances }: ModelPayout, chainId: bigint): string | undefined {
  const { assets } = state.outcome
  if (params.participants.length !== balances.length) return 'participants length should equal balances'
  const same = assets.findIndex((other) => other.chainId === chainId && other.holder === assets[asset]?.holder)
  // Once concluded a channel is never paid out again, so only the same call can have settled it.
  if (same < asset) return 'trying to set already settled channel'
  if (balances.reduce((total, amount) => total + amount, 0n) > maxUint256) {
    return 'panic: arithmetic underflow or overflow (0x11)'
  }
  return undefined
}
