import type { SignedState, Watcher } from '@perun-watcher/core'
import { type SignedChannel, signedChannel } from '../world/signed-channel.ts'

/** A channel that is being watched, and its states yet to come. */
export interface Publisher {
  readonly channel: SignedChannel
  publish(signed: SignedState): Promise<void>
}

/**
 * Starts to watch so many channels, at version 0: each watcher an equal share of them.
 *
 * @param after channels with these numbers are left out.
 */
export async function publishers(
  watchers: readonly Watcher[],
  count: number,
  after = 0,
): Promise<readonly Publisher[]> {
  const started = watchers.flatMap((watcher, index) =>
    share(count, watchers.length, index).map((number) => startPublisher(watcher, after + number)),
  )
  return Promise.all(started)
}

async function startPublisher(watcher: Watcher, number: number): Promise<Publisher> {
  const channel = signedChannel(number)
  const { statesPub } = await watcher.startWatching(channel.signed(0n))
  return { channel, publish: (signed) => statesPub.publish(signed) }
}

/** Those of the numbers from 1 to `count` that one of several gets. */
function share(count: number, among: number, index: number): readonly number[] {
  const numbers = Array.from({ length: count }, (_, number) => number + 1)
  return numbers.filter((number) => number % among === index)
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
