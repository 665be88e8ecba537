import type { Hex } from '../model/brand.ts'
import type { AdjudicatorEvent } from '../model/events.ts'
import type { SignedStateInput, TransactionInput } from '../model/input.ts'
import type { AbortOptions } from './runtime.ts'

export interface StartWatchingOptions extends AbortOptions {
  /** The channel that locks this one; it must be watched already. Absent for a ledger channel. */
  readonly parent?: Hex | undefined
}

/**
 * Guards channels. The same interface whether the watcher runs in this process or on another machine.
 */
export interface Watcher extends AsyncDisposable {
  /**
   * Starts to guard a channel from the given state on. Repeating it with the same or a newer state is the normal way to
   * come back after a crash: it succeeds and returns fresh handles.
   *
   * With an older state than the one held: a watcher in this process refuses it with `VERSION_STALE`. One on another
   * machine takes it from a client that it guards the channel for already, because another participant or the ledger may
   * have brought a newer state while that client was away, and goes on defending the newer one.
   */
  startWatching(channel: SignedStateInput, options?: StartWatchingOptions): Promise<Watch>
  /** Stops guarding a channel. Refused, with nothing changed, while sub-channels of it are watched. */
  stopWatching(id: Hex, options?: AbortOptions): Promise<void>
  /** Finishes the disputes in flight, ends all handles, then ends. The signal bounds the wait for the disputes. */
  shutdown(options?: AbortOptions): Promise<void>
}

/** The two handles of a watched channel. */
export interface Watch {
  readonly statesPub: StatesPub
  readonly eventsSub: AdjudicatorEventsSub
}

/** Takes new states of one channel. */
export interface StatesPub {
  /** Resolves once the state was checked and stored: from then on it, or a newer one, is what the watcher defends. */
  publish(transaction: TransactionInput, options?: AbortOptions): Promise<void>
  close(): Promise<void>
}

/**
 * Tells what happens to one channel, in order and at least once, also across restarts of client and watcher: asking for
 * the next event says that the one before it is handled, and what was not handled is told again when the client comes
 * back. Bounded: where the reader is slow or away, older facts give way to newer ones. For one reader at a time.
 */
export interface AdjudicatorEventsSub extends AsyncIterable<AdjudicatorEvent> {
  /** The next event; `undefined` once the subscription ended. */
  next(options?: AbortOptions): Promise<AdjudicatorEvent | undefined>
  /** Why the subscription ended, if it did not end because it was closed. */
  readonly error: Error | undefined
  close(): Promise<void>
}
