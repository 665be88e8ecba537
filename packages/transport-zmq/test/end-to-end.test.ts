import { join } from 'node:path'
import { systemClock, systemRandom } from '@perun-watcher/core/system'
import { registers, testChannel } from '@perun-watcher/core/testing'
import { remoteWatcher, serveWatcher } from '@perun-watcher/protocol'
import { expect, it, onTestFinished } from 'vitest'
import { type Setup, setup } from '../../core/test/support/setup.ts'
import { clientNameOf, generateCurveKeys, zmqConnector, zmqServer } from '../src/index.ts'
import { serverKeys, temporaryFolder } from './support/world.ts'

/** A watcher that serves at this endpoint, as a daemon does. */
async function daemon(world: Setup, endpoints: string): Promise<AsyncDisposable> {
  const connections = await zmqServer({
    endpoints,
    security: { curve: serverKeys, authorise: () => true },
    clock: systemClock,
  })
  const server = serveWatcher(world.engine, connections, { ledgerId: 'model:1', clock: systemClock })
  return {
    async [Symbol.asyncDispose]() {
      await server.close()
      await connections.close()
    },
  }
}

it('a device publishes over CURVE, survives a restart of the watcher, and hears what happens on the chain', async () => {
  const endpoint = `ipc://${join(await temporaryFolder(), 'watcher')}`
  await using world = await setup()
  const keys = generateCurveKeys()
  const channel = testChannel()
  const first = await daemon(world, endpoint)
  const device = remoteWatcher({
    connect: zmqConnector({
      endpoint,
      security: { serverKey: serverKeys.publicKey, keys },
      clock: systemClock,
    }),
    clock: systemClock,
    random: systemRandom,
    reconnect: { firstDelayMs: 5, longestDelayMs: 20 },
  })
  onTestFinished(() => device.shutdown({ signal: AbortSignal.abort() }).catch(() => {}))

  const { statesPub, eventsSub } = await device.startWatching(channel.signed(1n))
  await statesPub.publish({ state: channel.signed(2n).state, sigs: channel.signed(2n).sigs })
  expect(world.engine.channel(channel.id)).toMatchObject({ version: 2n, clients: [clientNameOf(keys.publicKey)] })

  await first[Symbol.asyncDispose]()
  const waiting = statesPub.publish({ state: channel.signed(3n).state, sigs: channel.signed(3n).sigs })
  await using _second = await daemon(world, endpoint)
  await waiting
  expect(world.engine.channel(channel.id)).toMatchObject({ version: 3n })

  await world.mine({ calls: [registers(channel.signed(1n))] })
  expect(await eventsSub.next()).toMatchObject({ type: 'registered', version: 1n })
  await device.shutdown()
})
