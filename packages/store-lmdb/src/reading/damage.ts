import type { ChannelId, WatcherError } from '@perun-watcher/core'

/** Something in the store that cannot be read. */
export interface Damage {
  /** The channel that it belongs to, if any. */
  readonly channelId: ChannelId | undefined
  readonly error: WatcherError
  /**
   * Whether the channel is guarded without it: a summary is worked out again from the states, an older state that is kept
   * besides the newest is left out.
   */
  readonly isRescued: boolean
}

export type OnDamaged = (damage: Damage) => void
