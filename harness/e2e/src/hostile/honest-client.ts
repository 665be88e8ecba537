import type { Device } from '../device/device.ts'
import type { TestChannel } from '../world/test-chain.ts'

/** An honest client that publishes one state after the other, for as long as it is let. */
export interface HonestClient {
  readonly channel: TestChannel
  /** The newest version that was acknowledged. */
  readonly acknowledged: bigint
  /** Why it could not go on. */
  readonly failure: unknown
  /** Lets it finish what it is at. */
  stop(): Promise<void>
}

export async function honestClient(device: Device, channel: TestChannel): Promise<HonestClient> {
  await device.watch(channel, 0n)
  let acknowledged = 0n
  let isStopped = false
  let failure: unknown

  async function work(): Promise<void> {
    while (!isStopped) {
      await device.publish(channel, acknowledged + 1n)
      acknowledged += 1n
    }
  }

  const working = work().catch((error: unknown) => {
    failure = error
  })
  return {
    channel,
    get acknowledged() {
      return acknowledged
    },
    get failure() {
      return failure
    },
    async stop() {
      isStopped = true
      await working
    },
  }
}
