import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { type Bytes, parseBytes } from '@perun-watcher/core'

export function addressOfKey(key: Uint8Array): Bytes {
  const point = secp256k1.getPublicKey(key, false)
  return parseBytes(`0x${Buffer.from(keccak_256(point.slice(1)).slice(-20)).toString('hex')}`)
}
