import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { publishAll } from '../src/device/publishing.ts'
import type { Change, TcpProxy } from '../src/world/tcp-proxy.ts'
import { startTestbed, type Testbed } from '../src/world/testbed.ts'
import { until } from '../src/world/until.ts'

let testbed: Testbed
beforeAll(async () => {
  testbed = await startTestbed()
})
afterEach(() => testbed.chain.resume())
afterAll(() => testbed?.[Symbol.asyncDispose]())

/** Silence is noticed in seconds. */
const settings = { listen: { idle_timeout: '"6s"' } }

/** Does it to the next piece that goes up, and to no other. */
function once(proxy: TcpProxy, change: (piece: Buffer) => readonly Buffer[]): Change {
  return (piece, direction) => {
    if (direction === 'down') return [piece]
    proxy.change = undefined
    return change(piece)
  }
}

/** What happens to bytes on their way: none of it may pass for a message. */
const damages: Readonly<Record<string, (piece: Buffer) => readonly Buffer[]>> = {
  injected: (piece) => [randomBytes(200), piece],
  repeated: (piece) => [piece, piece],
  'left out': () => [],
  changed: (piece) => [piece.map((byte, at) => (at === piece.length >> 1 ? byte ^ 1 : byte))].map(Buffer.from),
}

/** Generous: it waits many times for an end to notice that the other one is gone. */
const timeout = 600_000

describe('a bad network', { timeout }, () => {
  it('that cuts, delays, falls silent, and changes bytes costs no state: all are acknowledged in the end', async () => {
    await using daemon = await testbed.startDaemon(settings)
    const { proxy } = daemon
    const channels = Array.from({ length: 3 }, () => testbed.chain.openChannel())
    await using device = testbed.startDevice(daemon)
    await Promise.all(channels.map((channel) => device.watch(channel, 0n)))
    const publishing = publishAll(device, channels, 100n)

    for (const count of [5, 1, 12]) {
      await publishing.more(count)
      proxy.cut()
    }
    proxy.delayMs = 20
    await publishing.more(10)
    proxy.delayMs = 0
    for (const direction of [undefined, 'up', 'down'] as const) {
      await publishing.more(5)
      proxy.stall(direction)
    }
    for (const [name, damage] of Object.entries(damages)) {
      await publishing.more(5)
      const { opened } = proxy
      proxy.change = once(proxy, damage)
      await until(`a new connection after bytes were ${name}`, () => (proxy.opened > opened ? true : undefined))
    }
    await publishing.done
    const held = new Map((await daemon.channels()).map(({ id, version }) => [id, version]))
    expect(channels.map(({ id }) => held.get(id))).toEqual(['100', '100', '100'])
  })

  it('loses no event, repeats none to the program, and keeps their order', async () => {
    await using daemon = await testbed.startDaemon(settings)
    const { proxy } = daemon
    const channel = testbed.chain.openChannel()
    await using device = testbed.startDevice(daemon)
    await device.watch(channel, 0n)
    await device.publish(channel, 9n)
    // Without blocks on top of them none is answered before all are there.
    await testbed.chain.pause()
    for (const version of [1n, 2n, 3n, 4n]) {
      await channel.cheat(version)
      proxy.cut()
    }
    const heard = [...(await device.hear(channel.id, ['registered 1']))]
    proxy.stall()
    heard.push(...(await device.hear(channel.id, ['registered 2'])))
    proxy.cut()
    heard.push(...(await device.hear(channel.id, ['registered 4'])))
    proxy.change = once(proxy, (piece) => [piece, piece])
    await testbed.chain.resume()
    heard.push(...(await device.hear(channel.id, ['registered 9', 'refuted 9'])))
    // With every connection a client is told what stands; what happened, once.
    const happened = heard.filter((each) => !each.startsWith('stands'))
    expect(happened.slice(0, 4)).toEqual(['registered 1', 'registered 2', 'registered 3', 'registered 4'])
    expect(happened.slice(4).toSorted()).toEqual(['refuted 9', 'registered 9'])
  })
})
