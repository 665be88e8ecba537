import type { Watch } from '@perun-watcher/core'
import type { RemoteWatcher } from '@perun-watcher/protocol'
import { textOf } from '../device/device.ts'
import type { TestChannel } from '../world/test-chain.ts'

/** The newest version that is published of every channel. */
export const newestVersion = 5n

/** A channel whose states were acknowledged, and what its client hears of it. */
export interface GuardedChannel {
  readonly channel: TestChannel
  /** Its challenge duration. */
  readonly windowSeconds: bigint
  /** Events as `type version`. */
  readonly heard: readonly string[]
}

/** Hands all states of a channel over. Resolves when the newest one is acknowledged. */
export async function guardChannel(
  watcher: RemoteWatcher,
  channel: TestChannel,
  windowSeconds: bigint,
): Promise<GuardedChannel> {
  const watch = await watcher.startWatching(await channel.state(0n))
  for (let version = 1n; version <= newestVersion; version++) {
    await watch.statesPub.publish(await channel.state(version))
  }
  const heard: string[] = []
  listen(watch, heard).catch(() => {})
  return { channel, windowSeconds, heard }
}

async function listen({ eventsSub }: Watch, heard: string[]): Promise<void> {
  for await (const event of eventsSub) heard.push(textOf(event))
}
