import type { ChannelId } from '../model/brand.ts'
import type { HeldState, Params, SignedState } from '../model/channel.ts'
import type { ChainTime, OnChainRecord } from '../model/ledger.ts'

/** All that a decision needs to know of one channel. */
export interface ChannelView {
  readonly id: ChannelId
  readonly params: Params
  readonly newest: HeldState
  /** The newest older state whose tree was complete when `newest` arrived. */
  readonly fallback: HeldState | undefined
  /** The state that the record stands for, if we hold it with all signatures and it is not `newest`. */
  readonly registered: HeldState | undefined
  readonly record: OnChainRecord | undefined
}

/** A ledger channel with everything that is locked below it, at one instant of chain time. */
export interface FamilyView {
  readonly root: ChannelView
  readonly channels: ReadonlyMap<ChannelId, ChannelView>
  /** Timestamp of the newest block. */
  readonly now: ChainTime
}

export function signedStateOf(channel: ChannelView, held: HeldState): SignedState {
  return { params: channel.params, state: held.state, sigs: held.sigs }
}
