import type { ClientName, Clock, Logger, WatcherEngine } from '@perun-watcher/core'
import type { ReceiptIssuer } from '../../receipts/issue.ts'
import type { StaleStoreAlarm } from '../../receipts/stale-store-alarm.ts'
import type { ServeLimits } from './serve-limits.ts'

/** What a server needs of the engine. */
export type ServedEngine = Pick<WatcherEngine, 'startWatching' | 'stopWatching' | 'channel'>

export interface ServeOptions {
  /** Names the chain, the adjudicator and its generation, as the chain backend does. */
  readonly ledgerId: string
  readonly clock: Clock
  /** Default: silence. */
  readonly logger?: Logger | undefined
  readonly limits?: Partial<ServeLimits> | undefined
  /** Default: clients get no receipts. */
  readonly receipts?: ReceiptIssuer | undefined
  /** Name and version of this software, told to clients; at most 100 bytes of visible ASCII. Default `perun-watcher`. */
  readonly software?: string | undefined
  /**
   * Counts a connection, before anything of it is read, until it is released: that of a quota keeper. Where it refuses a
   * client that has connections already, the one that was silent longest gives way.
   *
   * @throws WatcherError that the client is told.
   */
  readonly admitConnection?: ((client: ClientName) => { release(): void }) | undefined
  /**
   * A client brought a receipt of this watcher for a newer state than the store holds: the store comes from an old backup,
   * and promises made since are lost, unless all clients come back. It is logged as an error and counted anyway. A client
   * can also cause it by itself: who stops a channel and starts it anew with an old state and an old receipt. Must not throw.
   */
  readonly onStaleStore?: ((alarm: StaleStoreAlarm) => void) | undefined
}
