import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startTestbed, type Testbed } from '../src/world/testbed.ts'
import { until } from '../src/world/until.ts'

let testbed: Testbed
beforeAll(async () => {
  testbed = await startTestbed()
})
afterEach(() => testbed.chain.resume())
afterAll(() => testbed?.[Symbol.asyncDispose]())

/** With it a state is larger than all that the client may store. */
const large = `0x${'ab'.repeat(4_096)}` as const

describe('a client over its quotas', { timeout: 300_000 }, () => {
  it('is refused what is new, but not the newest state of a channel with an open dispute, which is defended', async () => {
    await using daemon = await testbed.startDaemon({ quotas: { channels: '1', stored_bytes: '"2KiB"' } })
    const channel = testbed.chain.openChannel()
    await using device = testbed.startDevice(daemon)
    await device.watch(channel, 0n)
    await device.publish(channel, 1n)
    const refused = { code: 'QUOTA_EXCEEDED' }
    await expect(device.watch(testbed.chain.openChannel(), 0n)).rejects.toMatchObject(refused)
    await expect(device.publish(channel, 2n, large)).rejects.toMatchObject(refused)

    await testbed.chain.pause()
    await channel.cheat(0n)
    await until('an open dispute', async () => ((await daemon.status()).disputes.length > 0 ? true : undefined))
    await expect(device.watch(testbed.chain.openChannel(), 0n)).rejects.toMatchObject(refused)
    await device.publish(channel, 2n, large)
    await testbed.chain.resume()
    await channel.defended(2n)
  })
})
