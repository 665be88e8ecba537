import { channelId, stateHash } from '@perun-watcher/chain-evm/internal'
import {
  type Hex,
  type Params,
  parseSignature,
  type Signature,
  type SignedState,
  type State,
} from '@perun-watcher/core'
import type { ModelCrypto } from '@perun-watcher/core/testing'
import secp256k1 from 'secp256k1'
import { keccakHex } from './hash.ts'

/** Signs for everybody, really, and remembers whom for: the contract of this world looks it up instead of recovering it. */
export interface Notary extends ModelCrypto {
  /** The state with everybody's signature. @param keys of the participants, in their order. */
  signed(params: Params, state: State, keys: readonly Hex[]): SignedState
}

const bytesOf = (hex: Hex): Uint8Array => new Uint8Array(Buffer.from(hex.slice(2), 'hex'))

const prefix = Buffer.from('\x19Ethereum Signed Message:\n32', 'latin1').toString('hex')

function signOne(hash: Hex, key: Hex): Signature {
  const { signature, recid } = secp256k1.ecdsaSign(bytesOf(keccakHex(`0x${prefix}${hash.slice(2)}`)), bytesOf(key))
  return parseSignature(`0x${Buffer.from(signature).toString('hex')}${(27 + recid).toString(16)}`)
}

export function notary(): Notary {
  const known = new Set<string>()
  return {
    channelId: (params) => channelId(params),
    stateHash: (state) => stateHash(state),
    signatureFault(params, state, participant, signature) {
      const { address } = params.participants[participant] ?? {}
      return known.has(`${address}${stateHash(state)}${signature}`) ? undefined : 'invalid signature'
    },
    signed(params, state, keys) {
      const hash = stateHash(state)
      const sigs = keys.map((key) => signOne(hash, key))
      for (const [index, sig] of sigs.entries()) known.add(`${params.participants[index]?.address}${hash}${sig}`)
      return { params, state, sigs }
    },
  }
}
