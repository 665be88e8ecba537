import type { Watcher } from '@perun-watcher/core'
import type { Store } from '@perun-watcher/core/adapter'
import type { ModelChain } from '@perun-watcher/core/testing'
import type { Runner } from '../runner.ts'
import type { Course } from './course.ts'

/** A running engine on a ledger in memory, a new one for every test, with clients. */
export interface WatcherPlace extends AsyncDisposable {
  /** The ledger that the engine watches; the kit mines its blocks. */
  readonly chain: ModelChain
  /** The engine's store; the kit only reads it. */
  readonly store: Store
  /** The watcher of client 0 or 1, both of the same engine. The same object, until the client crashes or the engine dies. */
  watcher(client: number): Watcher
  /** Crashes a client together with its watcher. From then on `watcher` returns the one with which it comes back. */
  crash(client: number): Promise<void>
  /**
   * Crashes the engine and starts another one on the same store and ledger. From then on `watcher` returns what clients have:
   * the same watchers if they outlive an engine, or new ones.
   */
  restart(): Promise<void>
  /** Breaks the connection between a client and the engine. The client's watcher survives it. */
  cut?(client: number): Promise<void>
}

export interface WatcherKitOptions extends Runner {
  /** Names the tests. */
  readonly name: string
  /** Makes a place. Its engine must refute at once: `refuteDepth: 0n`. */
  place(): WatcherPlace | Promise<WatcherPlace>
  /** Whether `shutdown` of the watcher shuts down the engine. If not, the engine keeps guarding. */
  readonly ownsEngine: boolean
  /** Whether places have {@link WatcherPlace.cut}. */
  readonly canCut?: boolean | undefined
  /** Milliseconds after which a case that is stuck fails. Default 60 000. */
  readonly patienceMs?: number | undefined
}

/** What a case needs besides the contract; if it is missing, the case is skipped with the reason in its name. */
export type WatcherNeed =
  /** `ownsEngine` */
  | 'own engine'
  /** Not `ownsEngine`. */
  | 'engine elsewhere'
  /** `canCut` */
  | 'cut'

export interface WatcherContext extends Course {
  readonly place: WatcherPlace
  readonly chain: ModelChain
  readonly store: Store
  /** The watcher of client 0, as it is now. */
  readonly watcher: Watcher
}

export interface WatcherCase {
  readonly name: string
  readonly needs?: readonly WatcherNeed[]
  run(context: WatcherContext): Promise<void>
}
