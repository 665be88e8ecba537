import { channelId, stateHash, v1, verifySignedState } from '@perun-watcher/chain-evm/internal'
import {
  type ChannelId,
  hasCode,
  type Params,
  type Participant,
  parseSignature,
  type State,
  type StateHash,
} from '@perun-watcher/core'
import type { ModelCrypto } from '@perun-watcher/core/testing'
import { isSomebodys, signatureFormFault } from './signature-form.ts'

/**
 * Hashes and signatures as the contract knows them, for `modelAdjudicator`. What was worked out once is remembered:
 * states and parameters by the object, signatures by what they are compared with.
 */
export function realCrypto(): ModelCrypto {
  const channelIds = new WeakMap<Params, ChannelId>()
  const stateHashes = new WeakMap<State, StateHash>()
  const faults = new Map<string, string | undefined>()

  const hashOf = (state: State): StateHash => remember(stateHashes, state, () => stateHash(state))

  return {
    channelId: (params) => remember(channelIds, params, () => channelId(params)),
    stateHash: hashOf,
    signatureFault(params, state, index, signature) {
      const participant = params.participants[index]
      if (participant === undefined) throw new RangeError(`The channel has no participant ${index}.`)
      const key = `${hashOf(state)} ${participant.address} ${signature}`
      if (!faults.has(key)) faults.set(key, faultOf(params, state, participant, signature))
      return faults.get(key)
    },
  }
}

function remember<K extends object, V>(cache: WeakMap<K, V>, key: K, work: () => V): V {
  const known = cache.get(key)
  if (known !== undefined) return known
  const value = work()
  cache.set(key, value)
  return value
}

function faultOf(params: Params, state: State, participant: Participant, signature: string): string | undefined {
  const formFault = signatureFormFault(signature)
  if (formFault !== undefined) return formFault
  const signed = { params: { ...params, participants: [participant] }, state, sigs: [parseSignature(signature)] }
  // One participant's signature at a time, under the id of the channel that has them all.
  const generation = { ...v1, encodeParams: () => v1.encodeParams(params) }
  try {
    verifySignedState(signed, generation)
    return undefined
  } catch (error) {
    if (!hasCode(error, 'SIGNATURE_INVALID')) throw error
    return isSomebodys(signature) ? 'invalid signature' : 'ECDSA: invalid signature'
  }
}
