import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { textOf } from '../src/device/device.ts'
import { publishAll } from '../src/device/publishing.ts'
import { guardedVersions, missingVersions } from '../src/world/guarded-versions.ts'
import { startTestbed, type Testbed } from '../src/world/testbed.ts'
import { until } from '../src/world/until.ts'

let testbed: Testbed
beforeAll(async () => {
  testbed = await startTestbed()
})
afterAll(() => testbed?.[Symbol.asyncDispose]())

const last = 60n

/** Generous: the daemon lives many times. */
const timeout = 600_000

describe('a kill', { timeout }, () => {
  it('of the daemon amid publishes loses nothing acknowledged, clients go on by themselves, a cheat is refuted', async () => {
    await using daemon = await testbed.startDaemon()
    const channels = Array.from({ length: 4 }, () => testbed.chain.openChannel())
    const [cheated] = channels
    await using device = testbed.startDevice(daemon)
    await Promise.all(channels.map((channel) => device.watch(channel, 0n)))
    const publishing = publishAll(device, channels, last)
    let promisedBeforeCheat = 0n
    for (const pause of [10, 7, 23, 1]) {
      await publishing.more(pause)
      await daemon.kill()
      const promised = new Map(channels.map((channel) => [channel, publishing.acknowledged(channel)]))
      if (pause === 23 && cheated !== undefined) {
        promisedBeforeCheat = promised.get(cheated) ?? 0n
        await cheated.cheat(1n)
      }
      await daemon.start()
      expect(await missingVersions(daemon, promised)).toEqual([])
    }
    await publishing.done
    expect(await guardedVersions(daemon, channels)).toEqual(channels.map(() => last))
    expect(promisedBeforeCheat).toBeGreaterThan(1n)
    await cheated?.defended(promisedBeforeCheat)
  })

  it('of a client between publish and acknowledgement costs nothing, and unhandled events come again', async () => {
    await using daemon = await testbed.startDaemon()
    const channel = testbed.chain.openChannel()
    const first = testbed.startDevice(daemon)
    await first.watch(channel, 0n)
    await first.publish(channel, 1n)
    await first.publish(channel, 2n)
    await channel.cheat(1n)
    expect(textOf(await first.next(channel.id))).toBe('registered 1')
    // Not handled yet: the process dies before it asks for the next one.
    daemon.proxy.stall('down')
    const unanswered = first.publish(channel, 3n).then(
      () => 'acknowledged',
      () => 'not acknowledged',
    )
    await until('version 3 in the daemon', async () =>
      (await guardedVersions(daemon, [channel]))[0] === 3n ? true : undefined,
    )
    await first.kill()
    expect(await unanswered).toBe('not acknowledged')

    await using second = testbed.startDevice(daemon, first.keys)
    await second.watch(channel, 2n)
    await second.publish(channel, 4n)
    await channel.defended(2n)
    const heard = await second.hear(channel.id, [`refuted ${await channel.registered()}`])
    expect(heard[0]).toBe('registered 1')
    expect(await guardedVersions(daemon, [channel])).toEqual([4n])
  })

  it('of daemon and client at once loses nothing acknowledged, and both find each other again', async () => {
    await using daemon = await testbed.startDaemon()
    const channels = Array.from({ length: 4 }, () => testbed.chain.openChannel())
    let device = testbed.startDevice(daemon)
    let from = 0n
    let promisedBeforeCheat = 0n
    for (const [round, count] of [13, 5, 21].entries()) {
      await Promise.all(channels.map((channel) => device.watch(channel, from)))
      const publishing = publishAll(device, channels, from + 30n, from + 1n)
      await publishing.more(count)
      await Promise.all([daemon.kill(), device.kill()])
      await publishing.done
      const promised = new Map(channels.map((channel) => [channel, publishing.acknowledged(channel)]))
      if (round === 0 && channels[0] !== undefined) {
        promisedBeforeCheat = promised.get(channels[0]) ?? 0n
        await channels[0].cheat(0n)
      }
      await daemon.start()
      expect(await missingVersions(daemon, promised)).toEqual([])
      device = testbed.startDevice(daemon, device.keys)
      from += 30n
    }
    const [cheated] = channels
    if (cheated === undefined) throw new Error('there is a channel')
    await device.watch(cheated, from)
    await cheated.defended(promisedBeforeCheat)
    // Whose transaction it was that refuted may have been forgotten with the daemon that sent it.
    expect(textOf(await device.next(cheated.id))).toBe('registered 0')
    await device[Symbol.asyncDispose]()
  })
})
