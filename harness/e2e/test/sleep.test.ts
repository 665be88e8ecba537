import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { onBothContracts } from '../../real/test/support/on-contracts.ts'
import { startTestbed, type Testbed } from '../src/world/testbed.ts'

await onBothContracts((code) => {
  let testbed: Testbed
  beforeAll(async () => {
    testbed = await startTestbed({ code })
  })
  afterAll(() => testbed?.[Symbol.asyncDispose]())

  describe('a device that sleeps', () => {
    it('is defended against a cheat meanwhile, and hears in a new process what it missed, in order', async () => {
      await using daemon = await testbed.startDaemon()
      const channel = testbed.chain.openChannel()
      const awake = testbed.startDevice(daemon)
      await awake.watch(channel, 0n)
      for (let version = 1n; version <= 5n; version++) await awake.publish(channel, version)
      expect((await awake.shutdown()).code).toBe(0)

      await channel.cheat(1n)
      await channel.defended(5n)

      await using again = testbed.startDevice(daemon, awake.keys)
      await again.watch(channel, 5n)
      const heard = await again.hear(channel.id, ['registered 5', 'refuted 5'])
      expect(heard[0]).toBe('registered 1')
      expect(heard.filter((each) => each === 'refuted 5')).toHaveLength(1)
      // And life goes on.
      await again.publish(channel, 6n)
    })
  })
})
