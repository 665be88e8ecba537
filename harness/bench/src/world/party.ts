import { createHash } from 'node:crypto'
import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Hex, StateHash } from '@perun-watcher/core'
import secp256k1 from 'secp256k1'

/** A participant with a key of its own. */
export interface Party {
  readonly address: Hex
  /** Signs a state as wallets do (`personal_sign`): 65 bytes, v 27 or 28. */
  sign(hash: StateHash): Hex
}

const prefix = Buffer.from('\x19Ethereum Signed Message:\n32', 'latin1')

/** What is signed for a state. */
export function digestOf(hash: StateHash): Uint8Array {
  return keccak_256(Buffer.concat([prefix, Buffer.from(hash.slice(2), 'hex')]))
}

/** The same number gives the same key in every run. */
export function party(number: number): Party {
  const key = createHash('sha256').update(`participant ${number}`).digest()
  const publicKey = secp256k1.publicKeyCreate(key, false)
  const address = Buffer.from(keccak_256(publicKey.subarray(1))).toString('hex', 12)
  return {
    address: `0x${address}`,
    sign(hash) {
      const { signature, recid } = secp256k1.ecdsaSign(digestOf(hash), key)
      return `0x${Buffer.from(signature).toString('hex')}${recid === 0 ? '1b' : '1c'}`
    },
  }
}
