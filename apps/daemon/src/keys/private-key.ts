import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Hex } from '@perun-watcher/core'

/** 32 bytes: a number from 1 to the order of the curve, exclusive. */
export type PrivateKey = Uint8Array

export function isPrivateKey(bytes: Uint8Array): bytes is PrivateKey {
  return bytes.length === 32 && secp256k1.utils.isValidSecretKey(bytes)
}

export function newPrivateKey(): PrivateKey {
  return secp256k1.utils.randomSecretKey()
}

/** The address of a key, in lower case: the last 20 bytes of the hash of its public key (Yellow Paper, appendix F). */
export function addressOf(key: PrivateKey): Hex {
  const point = secp256k1.getPublicKey(key, false).subarray(1)
  return hexOf(keccak_256(point).subarray(-20))
}

/** The address in the mixed case that serves as its checksum (ERC-55). */
export function checksummed(address: Hex): Hex {
  const digits = address.slice(2)
  const hash = hexOf(keccak_256(Buffer.from(digits))).slice(2)
  const cased = [...digits].map((digit, index) =>
    Number.parseInt(hash.charAt(index), 16) >= 8 ? digit.toUpperCase() : digit,
  )
  return `0x${cased.join('')}`
}

export function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes).toString('hex')}`
}
