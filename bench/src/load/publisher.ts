import type { SignedState, Watcher } from '@perun-watcher/core'
import { type SignedChannel, signedChannel } from '../world/signed-channel.ts'

/** A channel that is being watched, and its states yet to come. */
export interface Publisher {
  readonly channel: SignedChannel
  publish(signed: SignedState): Promise<void>
}

/** Starts to watch so many channels, at version 0. */
export async function publishers(watcher: Watcher, count: number): Promise<readonly Publisher[]> {
  const channels = Array.from({ length: count }, (_, number) => signedChannel(number + 1))
  return Promise.all(
    channels.map(async (channel) => {
      const { statesPub } = await watcher.startWatching(channel.signed(0n))
      return { channel, publish: (signed) => statesPub.publish(signed) }
    }),
  )
}

/** Per channel its next states, signed in advance. */
export function preparedStates(
  channels: readonly SignedChannel[],
  firstVersion: bigint,
  versions: number,
): readonly (readonly SignedState[])[] {
  return channels.map(({ signed }) =>
    Array.from({ length: versions }, (_, index) => signed(firstVersion + BigInt(index))),
  )
}
