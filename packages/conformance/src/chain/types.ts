import type { ChainTime, ChannelId, Params, SignedState } from '@perun-watcher/core'
import type { RegistererSubscriber } from '@perun-watcher/core/adapter'
import type { Runner } from '../runner.ts'
import type { StepLog } from './step-log.ts'

/** What a state of the kit is, beyond its version. */
export interface KitStateOptions {
  readonly isFinal?: boolean | undefined
  /** Channels of the same place whose funds it locks, none of which locks anything. */
  readonly locks?: readonly KitChannel[] | undefined
}

/** A channel of two participants whose keys the place has. */
export interface KitChannel {
  readonly id: ChannelId
  readonly params: Params
  /** A state with everybody's signature, in the form that the ledger takes. The same version and options, the same state. */
  signed(version: bigint, options?: KitStateOptions): SignedState | Promise<SignedState>
}

export interface KitChannelOptions {
  /** In seconds; a multiple of what the ledger counts in. */
  readonly duration: bigint
  /** `sub`: funded by a lock. Default: `ledger`, with enough money on the ledger for its final states to be paid out. */
  readonly kind?: 'ledger' | 'sub' | undefined
}

/**
 * One ledger with one adjudicator, and others who use it. A ledger may be shared by the places of a kit, one after the other:
 * cases look at channels of their own only.
 */
export interface ChainPlace extends AsyncDisposable {
  /**
   * The backend under test, made anew: the first time as on a new machine, later as after a crash of the first. Not probed and
   * not started. Whatever it needs to find what it sent before (a journal, keys) is the place's.
   */
  backend(): RegistererSubscriber
  /** A backend that is told to expect another ledger than the one it reaches. */
  mismatched?(): RegistererSubscriber
  /** A backend whose ledger does not answer. */
  unreachable?(): RegistererSubscriber
  /** A channel that nobody has used. */
  channel(options: KitChannelOptions): KitChannel | Promise<KitChannel>
  /** Somebody else registers a tree, and a block includes it. `subChannels` in depth-first order. */
  register(channel: SignedState, subChannels?: readonly SignedState[]): Promise<void>
  /** Makes so many blocks; what waits goes into the first. */
  mine(blocks: number): Promise<void>
  /** The timestamp of the newest block. */
  now(): Promise<ChainTime>
  /** The number of the newest block. */
  height(): Promise<bigint>
  /** Takes the newest blocks out with all that they did, and makes as many others and one more. */
  reorg?(depth: number): Promise<void>
  /** Blocks on top that make a block final. */
  readonly finalityDepth: number
}

export interface ChainKitOptions extends Runner {
  /** Names the tests. */
  readonly name: string
  place(): ChainPlace | Promise<ChainPlace>
  /** Whether places have {@link ChainPlace.mismatched}. */
  readonly canMismatch?: boolean | undefined
  /** Whether places have {@link ChainPlace.unreachable}. */
  readonly canBreak?: boolean | undefined
  /** Whether places have {@link ChainPlace.reorg}. A ledger that never takes a block back has none. */
  readonly canReorg?: boolean | undefined
  /** Milliseconds after which a case that is stuck fails. Default 60 000. */
  readonly patienceMs?: number | undefined
}

/** What a case needs besides the contract; if it is missing, the case is skipped with the reason in its name. */
export type ChainNeed = 'mismatch' | 'break' | 'reorg'

export interface ChainContext {
  readonly place: ChainPlace
  /** Probed and started; closed after the case. */
  readonly backend: RegistererSubscriber
  /** Another one at the same place, probed and started, closed after the case. */
  restart(): Promise<RegistererSubscriber>
  /** Follows a backend until the case is over. */
  follow(backend: RegistererSubscriber, fromBlock?: bigint): StepLog
  /** A channel with a window that outlasts the case. */
  channel(options?: Partial<KitChannelOptions>): Promise<KitChannel>
  /** A deadline that outlasts the case. */
  deadline(): Promise<ChainTime>
  /** Makes blocks until a call is over. */
  mining<T>(call: Promise<T>): Promise<T>
}

export interface ChainCase {
  readonly name: string
  readonly needs?: readonly ChainNeed[]
  run(context: ChainContext): Promise<void>
}
