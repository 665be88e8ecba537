import { ChildEnded } from '@perun-watcher/harness-kit/child'
import type { TestChannel } from '../world/test-chain.ts'
import { until } from '../world/until.ts'
import type { Device } from './device.ts'

/** A device that publishes one state after the other, and what was acknowledged. */
export interface Publishing {
  /** The newest version that was acknowledged; 0, which started the watch, counts. */
  acknowledged(channel: TestChannel): bigint
  /** How many states were acknowledged. */
  readonly count: number
  /** Resolves when so many more were acknowledged. */
  more(count: number): Promise<void>
  /** Resolves when all are, or when the device was killed. */
  readonly done: Promise<void>
}

/** Publishes versions up to the last one on all channels at the same time. They must be watched. */
export function publishAll(device: Device, channels: readonly TestChannel[], last: bigint, first = 1n): Publishing {
  const newest = new Map<TestChannel, bigint>()
  let count = 0
  let failure: unknown

  async function publish(channel: TestChannel): Promise<void> {
    for (let version = first; version <= last; version++) {
      await device.publish(channel, version)
      newest.set(channel, version)
      count += 1
    }
  }

  const done = Promise.all(channels.map(publish)).then(
    () => {},
    (error: unknown) => {
      if (error instanceof ChildEnded) return
      failure = error
      throw error
    },
  )
  done.catch(() => {})
  return {
    acknowledged: (channel) => newest.get(channel) ?? first - 1n,
    get count() {
      return count
    },
    async more(wanted) {
      const goal = count + wanted
      await until(`${goal} acknowledgements`, () => {
        if (failure !== undefined) throw failure
        return count >= goal ? true : undefined
      })
    },
    done,
  }
}
