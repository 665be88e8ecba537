import type { Bytes, ChannelId, Participant, SignedState, State } from '@perun-watcher/core'
import type { ModelMove, ModelStateOf } from '@perun-watcher/core/testing'

/** One call of the adjudicator. */
export type AdjudicatorCall =
  | { readonly name: 'register'; readonly channel: SignedState; readonly subChannels: readonly SignedState[] }
  | { readonly name: 'progress'; readonly move: ModelMove }
  | { readonly name: 'conclude'; readonly channel: ModelStateOf; readonly subStates: readonly State[] }
  | { readonly name: 'concludeFinal'; readonly channel: SignedState }

/** One call of an asset holder, by somebody who is not the adjudicator. Amounts in wei, or in the token's smallest units. */
export type HolderCall = { readonly holder: Bytes; readonly channelId: ChannelId } & (
  | {
      readonly name: 'deposit'
      readonly participant: Participant
      readonly amount: bigint
      /** What ether is sent along, in wei: the amount where the holder keeps ether, and otherwise none. */
      readonly value: bigint
    }
  | {
      readonly name: 'setOutcome'
      readonly participants: readonly Participant[]
      readonly balances: readonly bigint[]
    }
  | {
      readonly name: 'withdraw'
      readonly participant: Participant
      readonly receiver: Bytes
      readonly amount: bigint
      readonly signature: string
      /** Whose signature of this very leave it is, if it is anybody's. */
      readonly signer: Bytes | undefined
    }
)

export type Call = AdjudicatorCall | HolderCall

/** A call in a block of this time, in seconds. */
export interface TimedCall {
  readonly at: bigint
  readonly call: Call
}

/** What of the contracts a family's calls concern, at the same addresses everywhere. */
export interface Addresses {
  readonly chainId: bigint
  readonly adjudicator: Bytes
  /** Two asset holders that keep ether. */
  readonly etherHolders: readonly [Bytes, Bytes]
  /** An ERC-20 token, and who keeps it. */
  readonly token: Bytes
  readonly tokenHolder: Bytes
  /** Allows every move. */
  readonly app: Bytes
  /** Contracts that take no ether: one without a word, one that needs more gas than it gets, one that says `refusal`. */
  readonly silentReceiver: Bytes
  readonly greedyReceiver: Bytes
  readonly talkingReceiver: Bytes
}

/** All asset holders. */
export function holdersOf({ etherHolders, tokenHolder }: Addresses): readonly Bytes[] {
  return [...etherHolders, tokenHolder]
}

/** What the token's holder may take of whoever makes the calls, in the token's smallest units. */
export const tokenLeave = 100n

/** In the words of `decodeRevert`. */
export const refusal = 'with 0x0badbeef'
