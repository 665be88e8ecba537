import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { type Params, parseSignature, type Signature, type SignedState, type State } from '@perun-watcher/core'
import { stateHash } from '../../src/codec/hash.ts'

/** Deterministic (RFC 6979), 65 bytes, v 27 or 28, low s: what wallets make. */
export function sign(key: Uint8Array, state: State): Signature {
  const hash = Buffer.from(stateHash(state).slice(2), 'hex')
  return signDigest(key, keccak_256(Buffer.concat([Buffer.from('\x19Ethereum Signed Message:\n32', 'latin1'), hash])))
}

export function signDigest(key: Uint8Array, digest: Uint8Array): Signature {
  const [recovery = 0, ...rs] = secp256k1.sign(digest, key, { prehash: false, format: 'recovered' })
  return parseSignature(`0x${Buffer.from([...rs, 27 + recovery]).toString('hex')}`)
}

/** The keys whose every byte is the same. */
export function keyOf(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte)
}

export function signAll(keyBytes: readonly number[], params: Params, state: State): SignedState {
  return { params, state, sigs: keyBytes.map((byte) => sign(keyOf(byte), state)) }
}
