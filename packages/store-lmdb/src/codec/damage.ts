import type { ChannelId, WatcherError } from '@perun-watcher/core'

/** Something in the store that cannot be read. */
export interface Damage {
  /** The channel that it belongs to, if any. */
  readonly channelId: ChannelId | undefined
  readonly error: WatcherError
  /**
   * Whether the channel is guarded all the same: a summary is rebuilt from the states, and an older state that is kept besides
   * the newest is dispensable.
   */
  readonly isRescued: boolean
}

export type OnDamaged = (damage: Damage) => void
