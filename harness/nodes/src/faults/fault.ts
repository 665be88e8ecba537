import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { Answer, Exchange, Responder } from '../endpoint/answer.ts'

/** What a fault knows of the chain. */
export interface KnownChain {
  readonly head: { readonly number: number }
  /** When it came; `undefined` where there is no such block. */
  byHash(hash: `0x${string}`): { readonly atMs: number } | undefined
}

/** Where a fault is at work. */
export interface FaultPlace {
  readonly dice: Dice
  readonly now: () => number
  /** Waits in the time of the world. */
  readonly pause: (ms: number) => Promise<void>
  readonly chain: KnownChain
  /** The usual time between two blocks. */
  readonly blockMs: number
  /** The same node as it would be if its clock showed something else. */
  readonly nodeAt: (clock: () => number) => Responder
}

/** Stands between who asks and the node: lets through, changes, delays, or answers for it. */
export type Middleware = (exchange: Exchange, next: Responder) => Promise<Answer>

/** One thing that real endpoints do. */
export interface FaultRule {
  /**
   * Whether an endpoint that always does it can still be the only one: it tells the truth about records, and takes
   * transactions. Otherwise it counts as no endpoint at all for as long as it does it.
   */
  readonly isHonest: boolean
  readonly make: (place: FaultPlace) => Middleware
}

export interface Spell {
  readonly fromMs: number
  readonly untilMs: number
}

export const covers = ({ fromMs, untilMs }: Spell, atMs: number): boolean => fromMs <= atMs && atMs < untilMs
