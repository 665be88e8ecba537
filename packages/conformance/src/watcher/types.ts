import type { Watcher } from '@perun-watcher/core'
import type { Store } from '@perun-watcher/core/adapter'
import type { ModelChain } from '@perun-watcher/core/testing'
import type { Runner } from '../runner.ts'
import type { Course } from './course.ts'

/** An engine of its own for every test, started, on a ledger in memory, with clients. */
export interface WatcherPlace extends AsyncDisposable {
  /** What the engine watches; the kit makes its blocks. */
  readonly chain: ModelChain
  /** What the engine stores in; the kit only looks. */
  readonly store: Store
  /** The watcher of client 0 or 1, both of the same engine. The same object, until the client crashes or the engine dies. */
  watcher(client: number): Watcher
  /** The client is gone without a goodbye, with its watcher. From here on `watcher` gives the one with which it comes back. */
  crash(client: number): Promise<void>
  /**
   * The engine is gone without a goodbye; one that finds its store and its ledger takes its place. From here on `watcher`
   * gives what clients have then: the same watchers if they outlive an engine, or new ones.
   */
  restart(): Promise<void>
  /** Breaks the connection between the client and the engine, which its watcher outlives. */
  cut?(client: number): Promise<void>
}

export interface WatcherKitOptions extends Runner {
  /** Names the tests. */
  readonly name: string
  /** The engine has to refute at once: `refuteDepth: 0n`. */
  place(): WatcherPlace | Promise<WatcherPlace>
  /** Whether a `shutdown` of the watcher shuts down the engine. If not, the engine goes on guarding. */
  readonly ownsEngine: boolean
  /** Whether places have {@link WatcherPlace.cut}. */
  readonly canCut?: boolean | undefined
  /** After how many milliseconds a case that is stuck fails. Default 60 000. */
  readonly patienceMs?: number | undefined
}

/** What a case needs besides the contract; where it is missing the case is skipped with the reason in its name. */
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
