import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { publishAll } from '../src/device/publishing.ts'
import type { Daemon } from '../src/world/daemon.ts'
import { missingVersions } from '../src/world/guarded-versions.ts'
import type { TestChannel } from '../src/world/test-chain.ts'
import { startTestbed, type Testbed } from '../src/world/testbed.ts'
import { until } from '../src/world/until.ts'

let testbed: Testbed
beforeAll(async () => {
  testbed = await startTestbed()
})
afterEach(() => testbed.chain.resume())
afterAll(() => testbed?.[Symbol.asyncDispose]())

/** A dispute that cannot be answered yet, because no block comes: the daemon waits for two of them. */
async function disputed(daemon: Daemon): Promise<TestChannel> {
  const channel = testbed.chain.openChannel()
  const device = testbed.startDevice(daemon)
  await device.watch(channel, 0n)
  await device.publish(channel, 5n)
  await device.shutdown()
  await testbed.chain.pause()
  await channel.cheat(1n)
  await until('a dispute under way', async () => {
    const { disputes } = await daemon.status()
    return disputes.some(({ channel: id }) => id === channel.id) ? true : undefined
  })
  return channel
}

async function stopping(daemon: Daemon): Promise<void> {
  await until('a daemon that ends', async () => ((await daemon.status()).phase === 'stopping' ? true : undefined))
}

/** How it ends at once: with its files closed, or killed by itself where a disk takes longer for that than a second. */
const endsAtOnce = [
  { code: 0, signal: null },
  { code: null, signal: 'SIGKILL' },
]

const lives = 6

describe('a daemon that is told to end', { timeout: 300_000 }, () => {
  it('finishes the dispute in flight and ends with 0', async () => {
    await using daemon = await testbed.startDaemon({ shutdown: { grace: '"10m"' } })
    const channel = await disputed(daemon)
    daemon.terminate()
    await stopping(daemon)
    expect(await channel.registered()).toBe(1n)
    await testbed.chain.resume()
    expect(await daemon.ended).toEqual({ code: 0, signal: null })
    expect(await channel.registered()).toBe(5n)
  })

  it('twice ends at once, and its next life finishes the dispute', async () => {
    await using daemon = await testbed.startDaemon({ shutdown: { grace: '"10m"' } })
    const channel = await disputed(daemon)
    daemon.terminate()
    await stopping(daemon)
    daemon.terminate()
    expect(endsAtOnce).toContainEqual(await daemon.ended)
    expect(await channel.registered()).toBe(1n)
    await testbed.chain.resume()
    await daemon.start()
    await channel.defended(5n)
  })

  it('twice amid publishes ends, whatever the disk is busy with, and has all that it acknowledged', async () => {
    await using daemon = await testbed.startDaemon({
      shutdown: { grace: '"10m"' },
      quotas: { publishes_per_second: '100000', publish_burst: '100000' },
    })
    const channels = Array.from({ length: 8 }, () => testbed.chain.openChannel())
    await using device = testbed.startDevice(daemon)
    await Promise.all(channels.map((channel) => device.watch(channel, 0n)))
    const publishing = publishAll(device, channels, 1_000_000n)
    for (let life = 0; life < lives; life++) {
      await publishing.more(40 + life)
      daemon.terminate('SIGTERM')
      daemon.terminate('SIGINT')
      expect(endsAtOnce).toContainEqual(await daemon.ended)
      const promised = new Map(channels.map((channel) => [channel, publishing.acknowledged(channel)]))
      await daemon.start()
      expect(await missingVersions(daemon, promised)).toEqual([])
    }
  })
})
