import { createHash } from 'node:crypto'
import {
  type ChannelBackend,
  type ChannelId,
  type Params,
  parseBytes,
  parseChannelId,
  parseSignature,
  parseStateHash,
  type Signature,
  type SignedState,
  type State,
  type StateHash,
  WatcherError,
} from '../../src/index.ts'

/**
 * Stands in for the ledger's hashes and signatures, so that tests of the rules need no elliptic curve. A signature is
 * the hash of signer and message: as hard to confuse as a real one, and forgeable by anybody, which no test needs.
 */
function digest(value: unknown): `0x${string}` {
  const text = JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item))
  return `0x${createHash('sha256').update(text).digest('hex')}`
}

/** Every value is immutable, so each is hashed once. */
function remember<K extends object, V>(hash: (value: K) => V): (value: K) => V {
  const known = new WeakMap<K, V>()
  return (value) => {
    const before = known.get(value)
    if (before !== undefined) return before
    const fresh = hash(value)
    known.set(value, fresh)
    return fresh
  }
}

export const channelIdOf: (params: Params) => ChannelId = remember((params) => parseChannelId(digest(params)))

export const stateHashOf: (state: State) => StateHash = remember((state) => parseStateHash(digest(state)))

export const sign = (address: string, state: State): Signature =>
  parseSignature(digest([parseBytes(address), stateHashOf(state)]))

export function signedBy(params: Params, state: State): SignedState {
  return { params, state, sigs: params.participants.map(({ address }) => sign(address, state)) }
}

export const fakeBackend: ChannelBackend = {
  channelId: channelIdOf,
  stateHash: stateHashOf,
  verify(signed) {
    const { params, state, sigs } = signed
    if (channelIdOf(params) !== state.channelId) {
      throw new WatcherError('CHANNEL_ID_MISMATCH', 'The channel id is not the hash of the parameters.')
    }
    if (sigs.length !== params.participants.length) {
      throw new WatcherError('SIGNATURE_COUNT', 'There must be one signature per participant.')
    }
    for (const [index, { address }] of params.participants.entries()) {
      if (sigs[index] !== sign(address, state)) {
        throw new WatcherError('SIGNATURE_INVALID', `Signature ${index} is not the participant's.`)
      }
    }
    return signed
  },
}
