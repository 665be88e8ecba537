import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type RemoteWorld, remoteWorld, versionsOf } from '../support/remote-world.ts'

const index = fc.nat({ max: 7 })

/** What happens to the world. */
const happenings = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant('publish' as const), index, index) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('pass' as const), fc.integer({ min: 1, max: 40_000 })) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('cheat' as const), index) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('mine' as const)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('cut' as const), index) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('stall' as const), index) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('delay' as const), fc.integer({ min: 0, max: 3_000 })) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('crash' as const)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('restart' as const)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('reboot' as const), index) },
)

type Happening = typeof happenings extends fc.Arbitrary<infer Each> ? Each : never

async function happen(w: RemoteWorld, happening: Happening): Promise<void> {
  const nameOf = (at: number) => w.devices[at % w.devices.length]?.name ?? w.devices[0]?.name
  switch (happening[0]) {
    case 'publish':
      return w.publish(happening[1], happening[2])
    case 'pass':
      return w.clock.advance(happening[1])
    case 'cheat':
      return w.mine(happening[1])
    case 'mine':
      return w.mine()
    case 'delay':
      w.network.delayMs = happening[1]
      return
    case 'crash':
      return w.crash()
    case 'restart':
      return w.restart()
    case 'reboot':
      return w.reboot(happening[1])
    default: {
      const name = nameOf(happening[1])
      if (name !== undefined) w.network[happening[0]](name)
    }
  }
}

async function judge(w: RemoteWorld): Promise<void> {
  const logs = await w.logs()
  for (const device of w.devices) {
    expect(device.unexpected).toEqual([])
    for (const channel of w.channels) {
      const held = (await w.heldVersion(channel)) ?? -1n
      expect(held).toBeGreaterThanOrEqual(device.acknowledged.get(channel) ?? 0n)
      const told = device.told.filter(({ channelId }) => channelId === channel.id)
      const happened = logs.filter(({ channelId }) => channelId === channel.id)
      // Nothing is lost, and everything comes in order: of one dispute the versions ascend.
      const registered = happened.map(({ version }) => version)
      expect(versionsOf(told, 'final')).toEqual(registered)
      expect(versionsOf(told, 'seen')).toEqual(
        registered.filter((version) => versionsOf(told, 'seen').includes(version)),
      )
    }
  }
}

describe('devices and their remote watcher', () => {
  it('lose no acknowledged state and no event, whatever happens to the network and the processes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happenings, { minLength: 5, maxLength: 40 }), async (all) => {
        const w = await remoteWorld({ devices: 2, channels: 2 })
        for (const happening of all) await happen(w, happening)
        await w.heal()
        await judge(w)
        await w.close()
        expect(w.clock.sleepers).toBe(0)
      }),
      { numRuns: Number(process.env['REMOTE_RUNS'] ?? 25), endOnFailure: true },
    )
  })
})
