import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { DeviceSettings } from '../device/protocol.ts'
import type { HostileSettings } from './protocol.ts'

export interface AttackWorld {
  readonly settings: HostileSettings
  /** Those of this attack. */
  readonly keys: DeviceSettings['keys']
  readonly dice: Dice
}

/** One bounded round. What the watcher does about it is no failure. @returns how much was sent. */
export type Attack = (world: AttackWorld) => Promise<number>

/** Milliseconds that anything in an attack may wait; she goes on with something else. */
const impatienceMs = 3_000

/** Waits for it, but not for long; a failure is what she is used to. @returns whether it was done. */
export async function tried(work: (signal: AbortSignal) => Promise<unknown>): Promise<boolean> {
  try {
    await work(AbortSignal.timeout(impatienceMs))
    return true
  } catch {
    return false
  }
}
