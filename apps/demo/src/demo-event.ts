import type { ErrorCode } from '@perun-watcher/core'
import type { Address, Hex } from 'viem'
import type { Amounts, AssetSymbol } from './assets.ts'
import type { ContractName } from './contracts.ts'
import type { Route } from './model.ts'

/** Where the demo is, told when it gets there. */
export type Act = 'opening' | 'telling' | 'lying' | 'cheating' | 'waiting' | 'concluding' | 'paying'

/** A channel of a scenario in one version. */
export interface Versioned {
  readonly channel: string
  readonly version: bigint
}

interface Of<Type extends string> {
  readonly type: Type
  /** The scenario's name. */
  readonly scenario: string
}

/** The watcher and its chain are there. */
export interface Started {
  readonly type: 'started'
  readonly chain: string
  readonly chainId: number
  /** Whose contracts are on it. */
  readonly contract: ContractName
  readonly rpcUrl: string
  readonly adjudicator: Address
  /** Pays for the refutations. */
  readonly account: Address
  readonly secondsPerBlock: bigint
  /** Length of the challenge windows, in seconds of chain time. */
  readonly window: bigint
}

export interface ActBegun {
  readonly type: 'act'
  readonly act: Act
}

export interface BlockMined {
  readonly type: 'block'
  readonly number: bigint
  readonly timestamp: bigint
}

/** A scenario is written down, and its ledger channels are funded. */
export interface Opened extends Of<'opened'> {
  readonly title: string
  readonly story: string
  readonly honest: boolean
  readonly channels: readonly { readonly channel: string; readonly id: Hex; readonly guarded: boolean }[]
}

/** The watcher acknowledged a state: with the start of the watch, or published afterwards. */
export interface Told extends Of<'told'>, Versioned {
  readonly how: 'watch' | 'publish'
}

/** The watcher was told something wrong. `code` is its answer; `undefined` if it accepted. */
export interface Refused extends Of<'refused'> {
  readonly attempt: string
  readonly expected: ErrorCode
  readonly code: string | undefined
  readonly message: string
}

/** An old tree is registered. */
export interface Cheated extends Of<'cheated'> {
  readonly by: string
  readonly route: Route
  readonly registered: readonly Versioned[]
  readonly newest: readonly Versioned[]
  readonly transactionHash: Hex
  readonly timestamp: bigint
  /** When the challenge window closes that the cheat opened. */
  readonly timeout: bigint
  /** What the cheater would gain. */
  readonly gain: Amounts
}

/** The watcher told its client about the chain. */
export interface Heard extends Of<'heard'>, Versioned {
  readonly what: 'registered' | 'progressed' | 'concluded' | 'removed' | 'learned' | 'endangered' | 'stateNeeded'
  readonly detail: string
}

/** The watcher told its client that an old state was replaced by the newest. */
export interface Refuted extends Of<'refuted'>, Versioned {
  readonly transactionHash: Hex
  /** Seconds of chain time from the cheat to the refutation, and until when it had time. */
  readonly secondsUsed: bigint
  readonly window: bigint
}

/** The cheater tried to conclude with the old states. */
export interface ConclusionRefused extends Of<'conclusion-refused'> {
  readonly by: string
  /** The contract's words. */
  readonly reason: string
}

/** A ledger channel is concluded, with everything that it locks. `by` is `watcher` where the watcher settled it. */
export interface Concluded extends Of<'concluded'> {
  readonly by: string
  readonly channel: string
  readonly states: readonly Versioned[]
}

/** A participant withdrew an asset, or could not. All amounts in wei of it, as read from the chain. */
export interface Paid extends Of<'paid'> {
  readonly channel: string
  readonly participant: string
  readonly asset: AssetSymbol
  readonly receiver: Address
  readonly amount: bigint
  readonly expected: bigint
  /** What the asset holder still keeps for the participant. */
  readonly kept: bigint
}

/** What became of a scenario. */
export interface Verdict extends Of<'verdict'> {
  readonly honest: boolean
  /** The newest states stood on the chain before the conclusion, and the watcher said so. Where nobody cheats: untouched. */
  readonly refuted: boolean
  readonly balancesRight: boolean
  /** What is wrong, for people; empty if nothing is. */
  readonly faults: readonly string[]
}

/** The last event. */
export interface Summary {
  readonly type: 'summary'
  readonly ok: boolean
  readonly chain: string
  readonly contract: ContractName
  readonly cheats: number
  readonly refuted: number
  readonly balancesRight: boolean
  /** Whether nothing was registered for the channels in which nobody cheated. */
  readonly honestUntouched: boolean
  /** Wrong states that the watcher was told, and how many of them it refused with the right code. */
  readonly lies: number
  readonly liesRefused: number
  /** What the cheats would have brought. */
  readonly atStake: Amounts
  readonly blocks: bigint
  readonly seconds: number
}

/** All that happens in the demo, in order. Types and fields are what `demo --json` prints. */
export type DemoEvent =
  | Started
  | ActBegun
  | BlockMined
  | Opened
  | Told
  | Refused
  | Cheated
  | Heard
  | Refuted
  | ConclusionRefused
  | Concluded
  | Paid
  | Verdict
  | Summary
