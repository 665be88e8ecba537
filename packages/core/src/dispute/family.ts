import type { ChannelId } from '../model/brand.ts'
import type { HeldState, Params, SignedState } from '../model/channel.ts'
import type { ChainTime, OnChainRecord } from '../model/ledger.ts'
import type { AdjudicatorRules, RegistrationSizes } from '../spi/chain.ts'

/** All that a decision needs to know of one channel. */
export interface ChannelView {
  readonly id: ChannelId
  readonly params: Params
  /** The newest state with the funds that the family locks for the channel. */
  readonly newest: HeldState
  /**
   * Every state that we hold of the channel and that may stand in a tree, newest first: `newest`, older ones, the one that
   * the record stands for, and those with other funds.
   */
  readonly candidates: readonly HeldState[]
  readonly record: OnChainRecord | undefined
}

/** A ledger channel with everything that is locked below it, at one instant of chain time. */
export interface FamilyView {
  readonly root: ChannelView
  readonly channels: ReadonlyMap<ChannelId, ChannelView>
  /** Timestamp of the newest block. */
  readonly now: ChainTime
  /** What the adjudicator takes. */
  readonly rules: AdjudicatorRules
  /** How large a tree may be. */
  readonly room: RegistrationSizes
}

/** One channel of a tree with the state chosen for it. */
export interface TreeNode {
  readonly channel: ChannelView
  readonly held: HeldState
}

export function signedStateOf(channel: ChannelView, held: HeldState): SignedState {
  return { params: channel.params, state: held.state, sigs: held.sigs }
}
