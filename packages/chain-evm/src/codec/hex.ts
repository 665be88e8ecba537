import type { Hex } from '@perun-watcher/core'

export function toHex(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`
}

/** What a transaction or a call hands to a contract. */
export function callData(selector: Hex, encodedArguments: Uint8Array): Hex {
  return `${selector}${toHex(encodedArguments).slice(2)}`
}
