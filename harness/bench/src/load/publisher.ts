import type { SignedState, Watcher } from '@perun-watcher/core'
import { type SignedChannel, signedChannel } from '../world/signed-channel.ts'

/** Hands over one state; resolves when it is acknowledged. */
export type Publish = () => Promise<void>

/** A channel that is being watched, and its states yet to come. */
export interface Publisher {
  readonly channel: SignedChannel
  /** What can be done before the clock runs. In the order in which they are called later. */
  prepare(signed: SignedState): Publish
}

/**
 * Starts to watch so many channels, at version 0: each watcher an equal share of them.
 *
 * @param after channels with these numbers are left out.
 */
export function publishers(watchers: readonly Watcher[], count: number, after = 0): Promise<readonly Publisher[]> {
  return shared(watchers, count, (watcher, number) => startPublisher(watcher, after + number))
}

async function startPublisher(watcher: Watcher, number: number): Promise<Publisher> {
  const channel = signedChannel(number)
  const { statesPub } = await watcher.startWatching(channel.signed(0n))
  return { channel, prepare: (signed) => () => statesPub.publish(signed) }
}

/** Begins something for each number from 1 to `count`, and each of several does an equal share of it. */
export function shared<Worker, Made>(
  among: readonly Worker[],
  count: number,
  begin: (worker: Worker, number: number) => Promise<Made>,
): Promise<readonly Made[]> {
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
  return Promise.all(
    among.flatMap((worker, index) =>
      numbers.filter((number) => number % among.length === index).map((number) => begin(worker, number)),
    ),
  )
}

/** Per channel its next states, signed in advance. */
export function preparedStates(
  all: readonly Publisher[],
  firstVersion: bigint,
  versions: number,
): readonly (readonly SignedState[])[] {
  return all.map(({ channel }) =>
    Array.from({ length: versions }, (_, index) => channel.signed(firstVersion + BigInt(index))),
  )
}

/** Per publisher the states at its place, ready to be handed over. */
export function preparedPublishes(
  all: readonly Publisher[],
  states: readonly (readonly SignedState[])[],
): readonly (readonly Publish[])[] {
  return all.map(({ prepare }, index) => (states[index] ?? []).map(prepare))
}
