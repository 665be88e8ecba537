import { systemClock, systemRandom } from '@perun-watcher/core/system'
import { registers, testChannel } from '@perun-watcher/core/testing'
import { remoteWatcher, serveWatcher } from '@perun-watcher/protocol'
import { expect, it, onTestFinished } from 'vitest'
import { type Setup, setup } from '../../core/test/support/setup.ts'
import {
  clientNameOf,
  type GrpcServer,
  generateTlsKeys,
  grpcConnector,
  grpcServer,
  publicKeyHashOf,
} from '../src/index.ts'
import { everybody, serverKey } from './support/world.ts'

/** A watcher that serves at this address, as a daemon does. */
async function daemon(world: Setup, addresses: string): Promise<AsyncDisposable & Pick<GrpcServer, 'addresses'>> {
  const connections = await grpcServer({ addresses, security: everybody, clock: systemClock })
  const server = serveWatcher(world.engine, connections, { ledgerId: 'model:1', clock: systemClock })
  return {
    addresses: connections.addresses,
    async [Symbol.asyncDispose]() {
      await server.close()
      await connections.close()
    },
  }
}

it('a device publishes over TLS, survives a restart of the watcher, and hears what happens on the chain', async () => {
  await using world = await setup()
  const keys = generateTlsKeys()
  const channel = testChannel()
  const first = await daemon(world, '127.0.0.1:0')
  const [address = ''] = first.addresses
  const device = remoteWatcher({
    connect: grpcConnector({ address, security: { serverKey, keys }, clock: systemClock }),
    clock: systemClock,
    random: systemRandom,
    reconnect: { firstDelayMs: 5, longestDelayMs: 20 },
  })
  onTestFinished(() => device.shutdown({ signal: AbortSignal.abort() }).catch(() => {}))

  const { statesPub, eventsSub } = await device.startWatching(channel.signed(1n))
  await statesPub.publish({ state: channel.signed(2n).state, sigs: channel.signed(2n).sigs })
  const clients = [clientNameOf(publicKeyHashOf(keys.certificate))]
  expect(world.engine.channel(channel.id)).toMatchObject({ version: 2n, clients })

  await first[Symbol.asyncDispose]()
  const waiting = statesPub.publish({ state: channel.signed(3n).state, sigs: channel.signed(3n).sigs })
  await using _second = await daemon(world, address)
  await waiting
  expect(world.engine.channel(channel.id)).toMatchObject({ version: 3n })

  await world.mine({ calls: [registers(channel.signed(1n))] })
  expect(await eventsSub.next()).toMatchObject({ type: 'registered', version: 1n })
  await device.shutdown()
})
