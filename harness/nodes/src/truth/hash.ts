import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Hex } from '@perun-watcher/core'

const toHex = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString('hex')}`

/** Of bytes in hexadecimal. */
export function keccakHex(bytes: Hex): Hex {
  return toHex(keccak_256(Buffer.from(bytes.slice(2), 'hex')))
}

/** Of any text: a hash that nothing else in the world has. */
export function hashOf(text: string): Hex {
  return toHex(keccak_256(Buffer.from(text, 'utf8')))
}

/** A number as a word of the ABI. */
export const word = (value: bigint | number): string => BigInt(value).toString(16).padStart(64, '0')

/** A JSON-RPC quantity. */
export const quantity = (value: bigint | number): Hex => `0x${value.toString(16)}`
