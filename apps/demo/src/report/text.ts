import { formatEther } from 'viem'
import { type Amounts, symbols } from '../assets.ts'
import type { Versioned } from '../demo-event.ts'

/** The versions of a family, from the ledger channel down: `3/2/2`. */
export function versionsText(versions: readonly Versioned[]): string {
  return versions.map(({ version }) => String(version)).join('/')
}

/** All that is not nothing: `9 ETH and 450 PRN`, or with another joint. */
export function amountsText(amounts: Amounts, joint = ' and '): string {
  const some = symbols.filter((symbol) => amounts[symbol] !== 0n)
  return (some.length === 0 ? symbols.slice(0, 1) : some)
    .map((symbol) => `${formatEther(amounts[symbol])} ${symbol}`)
    .join(joint)
}

/** Seconds of chain time since the start, as `+mm:ss`. */
export function sinceText(seconds: bigint): string {
  const two = (value: bigint): string => String(value).padStart(2, '0')
  return `+${two(seconds / 60n)}:${two(seconds % 60n)}`
}

export function shortHash(hash: string): string {
  return hash.slice(0, 8)
}
