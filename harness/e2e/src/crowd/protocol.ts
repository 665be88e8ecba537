import type { SignedStateInput } from '@perun-watcher/core'
import type { DeviceSettings } from '../device/protocol.ts'

export interface CrowdMember {
  readonly keys: DeviceSettings['keys']
  /** Of one channel, oldest first. */
  readonly states: readonly SignedStateInput[]
}

/** The first that a crowd is told. */
export interface CrowdSettings {
  readonly endpoint: string
  readonly watcherKey: string
  readonly members: readonly CrowdMember[]
}

export type CrowdCommand =
  /** Everybody connects and watches its channel. */
  | { readonly type: 'come' }
  /** Everybody publishes all of its states at the same time. */
  | { readonly type: 'publish' }
  | { readonly type: 'shutdown' }

/** How many did it, and the errors of the others, each once. */
export interface CrowdAnswer {
  readonly done: number
  readonly errors: readonly string[]
}
