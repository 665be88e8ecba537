import type { Params, SignedState, State } from '@perun-watcher/core'
import { conclude, concludeFinal } from './conclude.ts'
import type { Notary } from './notary.ts'
import { type Play, progress } from './progress.ts'
import type { Answer, Records } from './records.ts'
import { register } from './register.ts'

/**
 * The adjudicator as the judge reads its rules: written from the fact sheet of the protocol alone, apart from core's model
 * of it, so that one misunderstanding is not in both. `now` is the timestamp of the block. Holders of assets pay whatever
 * they are told to.
 */
export interface Contract {
  register(records: Records, channel: SignedState, subChannels: readonly SignedState[], now: bigint): Answer
  progress(records: Records, play: Play, now: bigint): Answer
  conclude(
    records: Records,
    root: { readonly params: Params; readonly state: State },
    subStates: readonly State[],
    now: bigint,
  ): Answer
  concludeFinal(records: Records, channel: SignedState, now: bigint): Answer
}

export function contract(notary: Notary): Contract {
  return {
    register: (...call) => register(notary, ...call),
    progress: (...call) => progress(notary, ...call),
    conclude: (...call) => conclude(notary, ...call),
    concludeFinal: (...call) => concludeFinal(notary, ...call),
  }
}
