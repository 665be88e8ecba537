import type { Hex } from '@perun-watcher/core'
import type { Address } from '../../rpc/evm-client.ts'

/** What a transaction does, whatever its nonce and fees. */
export interface Call {
  readonly to: Address
  readonly data: Hex
  /** The gas limit. */
  readonly gas: bigint
}

/** Whether two calls do the same; gas limits do not count. */
export function isSameCall(a: Omit<Call, 'gas'>, b: Omit<Call, 'gas'>): boolean {
  return a.to === b.to && a.data.length === b.data.length && a.data.toLowerCase() === b.data.toLowerCase()
}
