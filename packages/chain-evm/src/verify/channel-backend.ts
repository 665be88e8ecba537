import type { ChannelBackend } from '@perun-watcher/core'
import type { Generation } from '../codec/generation.ts'
import { channelId, stateHash } from '../codec/hash.ts'
import { v1 } from '../codec/v1.ts'
import { verifySignedState } from './verify-signed-state.ts'

/** The rules of one contract generation, as the engine asks for them. */
export function channelBackend(generation: Generation = v1): ChannelBackend {
  return {
    channelId: (params) => channelId(params, generation),
    stateHash: (state) => stateHash(state, generation),
    verify: (signed) => verifySignedState(signed, generation),
  }
}
