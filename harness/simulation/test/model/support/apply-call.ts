import type { SignedState, State } from '@perun-watcher/core'
import {
  type ModelAdjudicator,
  type ModelDisputes,
  type ModelMove,
  ModelRevert,
  type ModelStateOf,
  type ModelUpdate,
} from '@perun-watcher/core/testing'

/** One call of the adjudicator. */
export type Call =
  | { readonly name: 'register'; readonly channel: SignedState; readonly subChannels: readonly SignedState[] }
  | { readonly name: 'progress'; readonly move: ModelMove }
  | { readonly name: 'conclude'; readonly channel: ModelStateOf; readonly subStates: readonly State[] }
  | { readonly name: 'concludeFinal'; readonly channel: SignedState }

/** What came of it; `reason` is `ok` or why it was refused. */
export interface Outcome {
  readonly reason: string
  readonly updates: readonly ModelUpdate[]
  readonly disputes: ModelDisputes
}

/** Makes a call to the model. Everything but a refusal in the contract's words is a fault of the model's and thrown on. */
export function applyCall(model: ModelAdjudicator, disputes: ModelDisputes, call: Call, now: bigint): Outcome {
  try {
    return { reason: 'ok', ...run(model, disputes, call, now) }
  } catch (error) {
    if (!(error instanceof ModelRevert)) throw error
    return { reason: error.message, updates: [], disputes }
  }
}

function run(model: ModelAdjudicator, disputes: ModelDisputes, call: Call, now: bigint) {
  switch (call.name) {
    case 'register':
      return model.register(disputes, call.channel, call.subChannels, now)
    case 'progress':
      return model.progress(disputes, call.move, now)
    case 'conclude':
      return model.conclude(disputes, call.channel, call.subStates, now)
    case 'concludeFinal':
      return model.concludeFinal(disputes, call.channel, now)
  }
}
