import { channelId, stateHash } from '@perun-watcher/chain-evm/internal'
import { type Hex, type Params, parseSignature, type Signature, type SignedState, type State } from '@perun-watcher/core'
import type { ModelCrypto } from '@perun-watcher/core/testing'
import { sign } from 'ox/Secp256k1'
import { keccakHex } from './hash.ts'

/** Signs for everybody, really, and remembers whom for: the contract of this world looks it up instead of recovering it. */
export interface Notary extends ModelCrypto {
  /** The state with everybody's signature. @param keys of the participants, in their order. */
  signed(params: Params, state: State, keys: readonly `0x${string}`[]): SignedState
}

const prefix = Buffer.from('\x19Ethereum Signed Message:\n32', 'latin1').toString('hex')

export function notary(): Notary {
  const known = new Set<string>()

  function signOne(state: State, privateKey: `0x${string}`): Signature {
    const payload = keccakHex(`0x${prefix}${stateHash(state).slice(2)}`)
    const { r, s, yParity } = sign({ payload, privateKey })
    const digits = (value: Hex): string => value.slice(2).padStart(64, '0')
    return parseSignature(`0x${digits(r)}${digits(s)}${(27 + yParity).toString(16)}`)
  }

  return {
    channelId: (params) => channelId(params),
    stateHash: (state) => stateHash(state),
    signatureFault(params, state, participant, signature) {
      const { address } = params.participants[participant] ?? {}
      return known.has(`${address}${stateHash(state)}${signature}`) ? undefined : 'invalid signature'
    },
    signed(params, state, keys) {
      const sigs = keys.map((key) => signOne(state, key))
      for (const [index, sig] of sigs.entries()) {
        known.add(`${params.participants[index]?.address}${stateHash(state)}${sig}`)
      }
      return { params, state, sigs }
    },
  }
}
