import type { SignedState } from '@perun-watcher/core'
import type { RegistrationSizes } from '@perun-watcher/core/adapter'

/** Per asset: the call of its holder, and what is between it and the amounts. */
const gasOfHolder = 60_000n
/** Per asset and participant: an amount that is written for the first time. */
const gasOfPayout = 40_000n

/**
 * Gas of a call of `concludeFinal`, generation v1: what a registration takes, and what the holders of its assets take to
 * write down who gets what. They are contracts of others, so this is what they should take, not what they may.
 */
export function conclusionGas({ envelope, sizeOf }: RegistrationSizes, channel: SignedState): bigint {
  const assets = BigInt(channel.state.outcome.assets.length)
  const participants = BigInt(channel.params.participants.length)
  return envelope.work + sizeOf(channel).work + assets * (gasOfHolder + participants * gasOfPayout)
}
