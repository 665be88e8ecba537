import { formatEther } from 'viem'
import type { Versioned } from '../demo-event.ts'

/** The versions of a family, from the ledger channel down: `3/2/2`. */
export function versionsText(versions: readonly Versioned[]): string {
  return versions.map(({ version }) => String(version)).join('/')
}

export function etherText(wei: bigint): string {
  return `${formatEther(wei)} ETH`
}

/** Seconds of chain time since the start, as `+mm:ss`. */
export function sinceText(seconds: bigint): string {
  const two = (value: bigint): string => String(value).padStart(2, '0')
  return `+${two(seconds / 60n)}:${two(seconds % 60n)}`
}

export function shortHash(hash: string): string {
  return hash.slice(0, 8)
}
