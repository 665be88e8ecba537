import { WatcherError } from '../errors/watcher-error.ts'
import type { ChannelId, Hex, Signature, StateHash } from '../model/brand.ts'
import type { HeldState, Params, SignedState, State } from '../model/channel.ts'
import { stateBytes } from '../model/state-size.ts'
import type { ChannelBackend, LedgerLimits, Size } from '../spi/chain.ts'
import { parseBytes, parseChannelId, parseSignature, parseStateHash } from '../validation/parse-hex.ts'
import type { ModelCrypto } from './model-types.ts'

/** Two 64-bit mixers over the text; 32 bytes in all. Spread well enough for tests, and safe against nobody. */
function digest(value: unknown): Hex {
  const text = JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item))
  const lanes = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f, 0x165667b1, 0xd3a2646c, 0xfd7046c5, 0xb55a4f09]
  const words = lanes.map((seed) => mix(text, seed))
  return `0x${words.map((word) => word.toString(16).padStart(8, '0')).join('')}`
}

function mix(text: string, seed: number): number {
  let word = seed
  for (let at = 0; at < text.length; at++) {
    word = Math.imul(word ^ text.charCodeAt(at), 0x5bd1e995)
    word ^= word >>> 15
  }
  word = Math.imul(word ^ (word >>> 13), seed)
  return (word ^ (word >>> 16)) >>> 0
}

export const modelChannelId = (params: Params): ChannelId => parseChannelId(digest(params))

export const modelStateHash = (state: State): StateHash => parseStateHash(digest(state))

export const modelSignature = (address: Hex, state: State): Signature =>
  parseSignature(digest([parseBytes(address), modelStateHash(state)]))

/** The state with everybody's signature. */
export function modelSigned(params: Params, state: State): SignedState {
  return { params, state, sigs: params.participants.map(({ address }) => modelSignature(address, state)) }
}

function modelVerified({ params, state, sigs }: SignedState): HeldState {
  if (modelChannelId(params) !== state.channelId) {
    throw new WatcherError('CHANNEL_ID_MISMATCH', 'The channel id is not the hash of the parameters.')
  }
  if (sigs.length !== params.participants.length) {
    throw new WatcherError('SIGNATURE_COUNT', 'There must be one signature per participant.')
  }
  for (const [index, { address }] of params.participants.entries()) {
    if (sigs[index] !== modelSignature(address, state)) {
      throw new WatcherError('SIGNATURE_INVALID', `Signature ${index} is not the participant's.`)
    }
  }
  return { state, sigs, hash: modelStateHash(state) }
}

/** Far from what the usual test needs; a test of limits gives others to `modelChain`. */
export const modelLimits: LedgerLimits = {
  bytes: 1_000_000,
  work: 1_000_000n,
  channels: 60,
  participants: 1_024,
  assets: 1_024,
}

/** Bytes as quotas count them, and one unit of work for each. */
function modelSize(channel: SignedState): Size {
  const bytes = stateBytes(channel) + 64 * channel.params.participants.length
  return { bytes, work: BigInt(bytes) }
}

/**
 * Stands in for a ledger's hashes and signatures, so that tests of the rules need no elliptic curve. A signature is the
 * hash of signer and message; anybody can forge one, which no test needs.
 */
export const modelBackend: ChannelBackend = {
  limits: modelLimits,
  envelope: { bytes: 100, work: 100n },
  sizeOf: modelSize,
  channelId: modelChannelId,
  stateHash: modelStateHash,
  verify: async (signed) => modelVerified(signed),
}

/** The same for {@link modelAdjudicator}. */
export const modelCrypto: ModelCrypto = {
  channelId: modelChannelId,
  stateHash: modelStateHash,
  signatureFault(params, state, participant, signature) {
    const address = params.participants[participant]?.address
    return address !== undefined && signature === modelSignature(address, state) ? undefined : 'invalid signature'
  },
}
