import { registers, testChannel } from '@perun-watcher/core/testing'
import { expect, it } from 'vitest'
import { setup } from '../../core/test/support/setup.ts'
import { watchFromAfar } from './support/watch-from-afar.ts'

it('the example of the README guards a channel from afar', async () => {
  await using world = await setup()
  const channel = testChannel()
  await world.mine({ calls: [registers(channel.signed(1n))] })
  const event = await watchFromAfar(world.engine, world.chain.ledgerId, channel.signed(1n), channel.signed(2n))
  expect(event).toMatchObject({ type: 'registered', version: 1n })
  expect(world.engine.channel(channel.id)).toMatchObject({ version: 2n, clients: ['device-1'] })
})
