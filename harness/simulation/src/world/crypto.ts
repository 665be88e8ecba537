import {
  type ChannelId,
  type HeldState,
  type Params,
  parseSignature,
  type Signature,
  type SignedState,
  type State,
  type StateHash,
  WatcherError,
} from '@perun-watcher/core'
import type { ChannelBackend } from '@perun-watcher/core/adapter'
import { type ModelCrypto, modelBackend, modelChannelId, modelStateHash } from '@perun-watcher/core/testing'

function remembering<K extends object, V>(work: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, V>()
  return (key) => {
    const value = known.get(key) ?? work(key)
    known.set(key, value)
    return value
  }
}

/** Hashing is most of what a run costs; states and parameters never change, so each object is hashed once. */
export const simStateHash: (state: State) => StateHash = remembering(modelStateHash)
export const simChannelId: (params: Params) => ChannelId = remembering(modelChannelId)

/** Names the state and the signer. Anybody can forge it; whether a party would sign is for the run to say. */
export function simSignature(address: string, state: State): Signature {
  return parseSignature(`${simStateHash(state)}${address.slice(2)}${'00'.repeat(13)}`)
}

/** The state with everybody's signature. */
export function simSigned(params: Params, state: State): SignedState {
  return { params, state, sigs: params.participants.map(({ address }) => simSignature(address, state)) }
}

function verified({ params, state, sigs }: SignedState): HeldState {
  if (simChannelId(params) !== state.channelId) {
    throw new WatcherError('CHANNEL_ID_MISMATCH', 'The channel id is not the hash of the parameters.')
  }
  if (sigs.length !== params.participants.length) {
    throw new WatcherError('SIGNATURE_COUNT', 'There must be one signature per participant.')
  }
  for (const [index, { address }] of params.participants.entries()) {
    if (sigs[index] !== simSignature(address, state)) {
      throw new WatcherError('SIGNATURE_INVALID', `Signature ${index} is not the participant's.`)
    }
  }
  return { state, sigs, hash: simStateHash(state) }
}

/** For the engine. */
export const simBackend: ChannelBackend = {
  ...modelBackend,
  channelId: simChannelId,
  stateHash: simStateHash,
  verify: async (signed) => verified(signed),
}

/** For the contract. */
export const simCrypto: ModelCrypto = {
  channelId: simChannelId,
  stateHash: simStateHash,
  signatureFault(params, state, participant, signature) {
    const address = params.participants[participant]?.address
    return address !== undefined && signature === simSignature(address, state) ? undefined : 'invalid signature'
  },
}
