import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Daemon } from '../src/world/daemon.ts'
import { type Stage, setStage } from '../src/world/stage.ts'
import type { TownChannel } from '../src/world/town.ts'
import { until } from '../src/world/until.ts'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
})
afterEach(() => stage.town.resume())
afterAll(() => stage?.[Symbol.asyncDispose]())

/** A dispute that cannot be answered yet, because no block comes: the daemon waits for two of them. */
async function disputed(daemon: Daemon): Promise<TownChannel> {
  const channel = stage.town.openChannel()
  const device = stage.startDevice(daemon)
  await device.watch(channel, 0n)
  await device.publish(channel, 5n)
  await device.shutdown()
  await stage.town.pause()
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

describe('a daemon that is told to end', () => {
  it('finishes the dispute in flight and ends with 0', async () => {
    await using daemon = await stage.startDaemon({ shutdown: { grace: '"10m"' } })
    const channel = await disputed(daemon)
    daemon.terminate()
    await stopping(daemon)
    expect(await channel.registered()).toBe(1n)
    await stage.town.resume()
    expect(await daemon.ended).toEqual({ code: 0, signal: null })
    expect(await channel.registered()).toBe(5n)
  })

  it('twice ends at once, and its next life finishes the dispute', async () => {
    await using daemon = await stage.startDaemon({ shutdown: { grace: '"10m"' } })
    const channel = await disputed(daemon)
    daemon.terminate()
    await stopping(daemon)
    daemon.terminate()
    expect(await daemon.ended).toEqual({ code: 0, signal: null })
    expect(await channel.registered()).toBe(1n)
    await stage.town.resume()
    await daemon.start()
    await channel.defended(5n)
  })
})
