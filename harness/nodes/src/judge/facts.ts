import type { Address } from '@perun-watcher/chain-evm'
import type { Capacity, ChannelId } from '@perun-watcher/core'
import type { EndpointPlan } from '../endpoint/endpoint.ts'
import type { Spell } from '../faults/fault.ts'
import type { Channel } from '../parties/channel.ts'
import type { Acknowledgement, Hearing } from '../parties/client.ts'
import type { Plan } from '../run/plan.ts'
import type { Chain } from '../truth/chain.ts'
import type { Market } from '../truth/market.ts'
import type { Transaction } from '../truth/transaction.ts'

/** A state that a client had from an instant on, and handed to the watcher. */
export interface Given {
  readonly channelId: ChannelId
  readonly version: bigint
  readonly atMs: number
}

/** What was under way at an instant. */
export interface LoadSample {
  readonly atMs: number
  readonly sleeps: number
  readonly requests: number
  readonly tasks: number
}

/** A request that was answered. */
export interface Asked {
  readonly method: string
  readonly atMs: number
}

/** What happened, as far as anybody but the watcher knows. */
export interface Facts {
  readonly plan: Plan
  readonly chain: Chain
  readonly market: Market
  /** Of honest clients. */
  readonly guarded: readonly Channel[]
  readonly floods: readonly Channel[]
  readonly given: readonly Given[]
  readonly acknowledged: readonly Acknowledgement[]
  readonly heard: readonly Hearing[]
  readonly endpoints: readonly EndpointPlan[]
  /** When the watcher's program was kept running. */
  readonly uptimes: readonly { readonly fromMs: number; readonly untilMs: number | undefined }[]
  /** Every transaction that the watcher signed and kept, or sent. */
  readonly offers: readonly Transaction[]
  /** What the cheater registered of a channel. */
  readonly registrations: (id: ChannelId) => number
  readonly loads: readonly LoadSample[]
  /** What the watcher said when the first old state was registered: so many are guarded, and so many could be answered at once. */
  readonly capacity: Pick<Capacity, 'channels' | 'answerable'> | undefined
  readonly asked: readonly Asked[]
  /** Where the cursor passed something that was given and not handled. */
  readonly passed: readonly string[]
  /** Of the watcher. */
  readonly accounts: readonly Address[]
  /** When a place in a block cost more than the operator allows. */
  readonly dear: readonly Spell[]
  /** The operator's, in wei per gas. */
  readonly cap: bigint
  readonly nowMs: number
}
