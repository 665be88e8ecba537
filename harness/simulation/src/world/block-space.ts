import type { SignedState } from '@perun-watcher/core'
import type { RegistrationSizes } from '@perun-watcher/core/adapter'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import { simBackend } from './crypto.ts'

/** How much one registration may take up: mostly far more than any needs. */
export function drawSizes(dice: Dice, [usualChannel]: readonly SignedState[]): RegistrationSizes {
  const { envelope, sizeOf, limits } = simBackend
  if (usualChannel === undefined || dice.chance(0.92)) return { envelope, sizeOf, limits }
  const { bytes, work } = sizeOf(usualChannel)
  const channels = dice.int(2, 3)
  // Two or three channels fit, and not one more.
  return {
    envelope,
    sizeOf,
    limits: {
      ...limits,
      bytes: envelope.bytes + Math.floor(bytes * (channels + 0.6)),
      work: envelope.work + work * BigInt(channels + 1),
    },
  }
}

/** Whether nodes pass on a registration of these channels, and a block has room for it. */
export function hasRoom({ envelope, sizeOf, limits }: RegistrationSizes, channels: readonly SignedState[]): boolean {
  const sizes = channels.map(sizeOf)
  const bytes = sizes.reduce((sum, size) => sum + size.bytes, envelope.bytes)
  const work = sizes.reduce((sum, size) => sum + size.work, envelope.work)
  return channels.length <= limits.channels && bytes <= limits.bytes && work <= limits.work
}
