import type { Asset } from '@perun-watcher/devnet'
import { DemoError } from './demo-error.ts'

/** What channels of the demo hold: ether, and Perun's token. Both are counted in wei, 10^18 of which are one. */
export const symbols = ['ETH', 'PRN'] as const

export type AssetSymbol = (typeof symbols)[number]

/** One amount of each asset, in wei. */
export type Amounts = Readonly<Record<AssetSymbol, bigint>>

/** The assets of the demo's chain. */
export type Assets = Readonly<Record<AssetSymbol, Asset>>

export const nothing: Amounts = { ETH: 0n, PRN: 0n }

export function added(left: Amounts, right: Amounts): Amounts {
  return { ETH: left.ETH + right.ETH, PRN: left.PRN + right.PRN }
}

/** Sums up amounts that are told one by one. */
export function totalOf(amounts: readonly { readonly asset: AssetSymbol; readonly amount: bigint }[]): Amounts {
  const of = (symbol: AssetSymbol): bigint =>
    amounts.reduce((sum, { asset, amount }) => (asset === symbol ? sum + amount : sum), 0n)
  return { ETH: of('ETH'), PRN: of('PRN') }
}

/** What an asset of a state is called, @throws DemoError `DEMO_SCRIPT` if it is none of the demo's. */
export function symbolOf(assets: Assets, { ethHolder }: Asset): AssetSymbol {
  const symbol = symbols.find((each) => assets[each].ethHolder === ethHolder)
  if (symbol !== undefined) return symbol
  throw new DemoError('DEMO_SCRIPT', `No asset of the demo is kept by ${ethHolder}.`, 'Use those of the cast.')
}
