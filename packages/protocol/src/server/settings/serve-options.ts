import type { ClientName, Clock, Logger, WatcherEngine } from '@perun-watcher/core'
import type { ReceiptIssuer } from '../../receipts/issue.ts'
import type { StaleStoreAlarm } from '../../receipts/stale-store-alarm.ts'
import type { ServeLimits } from './serve-limits.ts'

/** What a server needs of the engine. */
export type ServedEngine = Pick<WatcherEngine, 'startWatching' | 'stopWatching' | 'channel' | 'channelsOf' | 'describe'>

export interface ServeOptions {
  /** Names the chain, the adjudicator and its generation: the `ledgerId` of the chain backend. */
  readonly ledgerId: string
  readonly clock: Clock
  /** Default: silence. */
  readonly logger?: Logger | undefined
  readonly limits?: Partial<ServeLimits> | undefined
  /** Issues receipts. Default: none are issued. */
  readonly receipts?: ReceiptIssuer | undefined
  /** Name and version of this software, told to clients; at most 100 bytes of visible ASCII. Default `perun-watcher`. */
  readonly software?: string | undefined
  /**
   * Counts a connection until it is released; called before anything is read from it. Pass the quota keeper's. If it refuses
   * a client that has connections already, the one that was silent longest gives way.
   *
   * @throws WatcherError which is passed on to the client.
   */
  readonly admitConnection?: ((client: ClientName) => { release(): void }) | undefined
  /**
   * Called when a client presents a receipt of this watcher for a newer state than the store holds: the store was restored
   * from an old backup, and states acknowledged since are missing until all clients come back. Logged as an error and
   * counted in any case. A client can cause it by itself, too, if it stops a channel and starts it again with an old state
   * and a newer receipt. Must not throw.
   */
  readonly onStaleStore?: ((alarm: StaleStoreAlarm) => void) | undefined
}
