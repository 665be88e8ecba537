import type { AdjudicatorEvent, Hex, SignedStateInput } from '@perun-watcher/core'

/** How a device is to reach its watcher; the first that it is told. */
export interface DeviceSettings {
  readonly endpoint: string
  readonly watcherKey: string
  readonly keys: { readonly publicKey: string; readonly secretKey: string }
}

export type DeviceCommand =
  /** Answered when it is connected; refused if the watcher does not let it in. */
  | { readonly type: 'connected' }
  | { readonly type: 'watch'; readonly channel: SignedStateInput }
  /** Answered when it is acknowledged. */
  | { readonly type: 'publish'; readonly channel: SignedStateInput }
  /** The next event; asking for it says that the one before is handled. */
  | { readonly type: 'next'; readonly id: Hex }
  | { readonly type: 'stop'; readonly id: Hex }
  | { readonly type: 'shutdown' }

/** What was asked for: nothing where a command only had to be done. */
export interface DeviceAnswer {
  readonly event?: AdjudicatorEvent
}
