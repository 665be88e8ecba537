import type { SignedStateInput } from '@perun-watcher/core'
import type { Hex } from 'viem'
import type { DeviceSettings } from '../device/protocol.ts'
import type { AttackName } from './attack-names.ts'

type Keys = DeviceSettings['keys']

/** All that Mallory knows; the first that her process is told. */
export interface HostileSettings {
  readonly endpoint: string
  readonly watcherKey: string
  /** Of clients that may connect, a pair for each attack. */
  readonly keys: ReadonlyMap<AttackName, Keys>
  /** Of nobody that the watcher knows. */
  readonly unlisted: Keys
  /** The public key of an honest client. */
  readonly victimKey: string
  /** An old state of a channel that she shares with the honest client, as both signed it. */
  readonly shared: SignedStateInput
  /** States of a channel of her own, with a record on the chain. */
  readonly own: readonly [SignedStateInput, ...SignedStateInput[]]
  /** The private keys of the participants of her channels, in order. */
  readonly participants: readonly Hex[]
  /** What an eavesdropper saw of an honest connection, on its way to the watcher. */
  readonly recorded: Uint8Array
}

export interface HostileCommand {
  readonly type: AttackName
  readonly seed: number
}

export interface HostileAnswer {
  /** Frames, messages or connections that were sent or made, whatever became of them. */
  readonly sent: number
}
