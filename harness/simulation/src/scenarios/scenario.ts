import type { ChannelId, SignedState } from '@perun-watcher/core'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { Milestone } from '../coverage/milestones.ts'
import type { Channel } from '../parties/channels/channel.ts'
import type { CheatCall, Hand } from '../parties/cheater/hand.ts'
import type { SimClient } from '../parties/client/sim-client.ts'
import type { Cast, Family } from '../parties/families.ts'
import type { Tenant } from '../parties/tenant.ts'
import type { WatcherHost } from '../parties/watcher-host.ts'
import type { Hardship } from '../world/hardships.ts'
import type { Ledger } from '../world/ledger.ts'
import type { Scheduler } from '../world/scheduler.ts'

export type ScenarioName = Extract<Milestone, `scenario: ${string}`>

/** What a scenario has at hand. */
export interface Stage {
  readonly dice: Dice
  readonly time: Scheduler
  readonly ledger: Ledger
  readonly host: WatcherHost
  readonly family: Family
  readonly client: SimClient
  /** The cheater's. */
  readonly hand: Hand
  readonly tenant: Tenant
  /** A block with this many on top is final. */
  readonly finalityDepth: number
  /** The cheater alone plays the app of a channel. */
  play(channel: Channel): CheatCall | undefined
  /** Something goes wrong from now on, for so long. */
  impose(hardship: Hardship | 'strangersWait', forMs: number): void
  pass(ms: number): Promise<void>
  /** Waits for a few minutes at most. @throws Error when that was in vain: the weather has spoilt the scenario. */
  until(isSo: () => boolean): Promise<void>
  /** Hands states in, in one message, and waits until all of them are acknowledged. */
  give(channel: Channel, ...states: readonly SignedState[]): Promise<void>
  /** Waits for a block that writes the record of a channel. */
  recorded(id: ChannelId): Promise<void>
}

/**
 * A short life that leads into one situation which hardly comes about by chance: where just one rule makes the difference,
 * and nothing else happens that could stand in for it.
 */
export interface Scenario {
  readonly name: ScenarioName
  readonly cast: Cast
  /** Seconds; one of them. */
  readonly durations: readonly bigint[]
  play(stage: Stage): Promise<void>
}
