import type { ErrorCode, TransactionInput, Watcher } from '@perun-watcher/core'
import type { Actor, Channel, ChannelOptions, SignedState, State } from '@perun-watcher/devnet'
import type { Assets } from './assets.ts'

/** Somebody in the play. */
export interface Player extends Actor {
  readonly name: string
}

/** Who plays, and how they open channels. */
export interface Cast {
  /** Honest; the watcher guards her channels. */
  readonly alice: Player
  /** Cheats in every channel she is in. */
  readonly mallory: Player
  /** Honest, and the hub between the two. */
  readonly ingrid: Player
  readonly assets: Assets
  /** A channel with the play's challenge duration. Nothing of it is on the chain yet. */
  readonly openChannel: (options: Omit<ChannelOptions, 'challengeDuration'>) => Channel
}

/** A channel and all that its participants signed, oldest first, with versions 0, 1, 2 and so on. */
export interface Agreed {
  /** What it is in its family: `ledger`, `sub` and so on. */
  readonly label: string
  readonly channel: Channel
  readonly history: readonly SignedState[]
}

/** What the watcher is told about one channel. */
export type Telling =
  | { readonly type: 'watch'; readonly agreed: Agreed; readonly version: bigint; readonly parent?: Agreed }
  | { readonly type: 'publish'; readonly agreed: Agreed; readonly version: bigint }

/**
 * How an old state gets to the adjudicator: by a call of `register`, by a call from within another contract, or in a
 * transaction whose input looks like the registration of the newest state.
 */
export type Route = 'direct' | 'wrapper' | 'disguise'

/** An old tree, registered as if it were the newest. */
export interface Cheat {
  readonly by: Player
  readonly route: Route
  /** The root first, then what it locks, depth first. */
  readonly tree: readonly [SignedState, ...SignedState[]]
}

/** Something wrong that the watcher is told, and the code of the error that must be its answer. */
export interface WrongTelling {
  readonly attempt: string
  readonly code: ErrorCode
  readonly tell: (to: {
    readonly watcher: Watcher
    readonly publish: (tx: TransactionInput) => Promise<void>
  }) => Promise<void>
}

/** What happens in one scenario, fully written down before it begins. */
export interface Play {
  /** Every channel, also those that the watcher knows nothing about. */
  readonly agreed: readonly [Agreed, ...Agreed[]]
  /** What the watcher is told before the cheat, step by step. */
  readonly told: readonly Telling[]
  /** What it is told only once it has seen the cheat on the chain. */
  readonly toldLater?: readonly Telling[]
  /** Wrong things that are published to the first channel after all of `told`. */
  readonly wrong?: readonly WrongTelling[]
  /** Absent: everybody is honest. */
  readonly cheat?: Cheat
  /** Who sends the conclusion of ledger channels he is in; anybody may. */
  readonly concludedBy: Player
}

/** One story: data that says who agrees on what, and who breaks it how. */
export interface Scenario {
  /** Stable, for programs. */
  readonly name: string
  /** At most 24 characters. */
  readonly title: string
  /** One sentence for people. */
  readonly story: string
  readonly write: (cast: Cast) => Promise<Play>
}

/** A scenario whose play is written. */
export interface Staged {
  readonly scenario: Scenario
  readonly play: Play
}

/** Lets all participants sign a channel's states. */
export async function agree(label: string, channel: Channel, states: readonly State[]): Promise<Agreed> {
  return { label, channel, history: await Promise.all(states.map((state) => channel.signed(state))) }
}
