import type { ChannelId, Params, SignedState, State, StateHash } from '@perun-watcher/core'

/** Hashes and signatures, as the contract works them out. */
export interface Notary {
  channelId(params: Params): ChannelId
  stateHash(state: State): StateHash
  /** Whether the contract takes this for the signature of one participant; `false` also where there is no such participant. */
  hasSigned(params: Params, state: State, participant: number, signature: string): boolean
}

/** The same with a memory: the judge asks about the same states over and over. */
export function rememberingNotary(notary: Notary): Notary {
  const ids = new WeakMap<Params, ChannelId>()
  const hashes = new WeakMap<State, StateHash>()
  const signers = new WeakMap<State, Map<string, boolean>>()

  return {
    channelId(params) {
      const known = ids.get(params) ?? notary.channelId(params)
      ids.set(params, known)
      return known
    },
    stateHash(state) {
      const known = hashes.get(state) ?? notary.stateHash(state)
      hashes.set(state, known)
      return known
    },
    hasSigned(params, state, participant, signature) {
      const known = signers.get(state) ?? new Map<string, boolean>()
      signers.set(state, known)
      const key = `${params.participants[participant]?.address} ${signature}`
      const answer = known.get(key) ?? notary.hasSigned(params, state, participant, signature)
      known.set(key, answer)
      return answer
    },
  }
}

export function isSignedByAll(notary: Notary, { params, state, sigs }: SignedState): boolean {
  return (
    sigs.length === params.participants.length &&
    sigs.every((signature, participant) => notary.hasSigned(params, state, participant, signature))
  )
}
