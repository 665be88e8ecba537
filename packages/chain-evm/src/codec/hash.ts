import {
  type ChannelId,
  type Params,
  parseChannelId,
  parseStateHash,
  type State,
  type StateHash,
} from '@perun-watcher/core'
import type { Generation } from './generation.ts'
import { toHex } from './hex.ts'
import { keccak256 } from './keccak.ts'
import { v1 } from './v1.ts'

/** The name of the channel with these parameters. @throws WatcherError `STATE_MALFORMED` for an address of wrong length. */
export function channelId(params: Params, generation: Generation = v1): ChannelId {
  return parseChannelId(toHex(keccak256(generation.encodeParams(params))))
}

/**
 * The hash of a state, as the adjudicator stores it. Participants sign it as a message of 32 raw bytes (`personal_sign`).
 *
 * @throws WatcherError `STATE_MALFORMED` for a holder of wrong length.
 */
export function stateHash(state: State, generation: Generation = v1): StateHash {
  return stateHashOf(stateHashBytes(state, generation))
}

/** @param bytes - of {@link stateHashBytes} */
export function stateHashOf(bytes: Uint8Array): StateHash {
  return parseStateHash(toHex(bytes))
}

/** As {@link stateHash}, before anybody turns it into text. */
export function stateHashBytes(state: State, generation: Generation): Uint8Array {
  return keccak256(generation.encodeState(state))
}
