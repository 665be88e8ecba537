import { memoryStore, parseClientName, watcherEngine } from '@perun-watcher/core'
import { systemClock as clock, systemRandom as random } from '@perun-watcher/core/system'
import { modelChain, registers, testChannel } from '@perun-watcher/core/testing'
import { remoteWatcher, serveWatcher } from '@perun-watcher/protocol'
import { expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { webSocketConnector } from '../src/client.ts'
import { webSocketListener } from '../src/server.ts'
import { freePort } from './support/free-port.ts'

it('guards the channel of a device that only has a WebSocket', async () => {
  const chain = modelChain()
  const engine = watcherEngine({ chain, store: memoryStore(), clock, random }, { refuteDepth: 0n })
  await engine.start()
  const port = await freePort()
  const meter = parseClientName('meter-17')
  await using listener = await webSocketListener({
    port,
    clientOf: (token) => (token === 'secret' ? meter : undefined),
  })
  await using server = serveWatcher(engine, listener, { ledgerId: chain.ledgerId, clock })
  const url = `ws://127.0.0.1:${port}`
  const channel = testChannel()

  const device = remoteWatcher({ connect: webSocketConnector({ url, token: 'secret' }), clock, random })
  const { statesPub } = await device.startWatching(channel.signed(0n))
  await statesPub.publish(channel.signed(5n))
  await device.shutdown()
  expect(engine.channel(channel.id)).toMatchObject({ version: 5n, clients: [meter] })

  // While the device is away, somebody cheats.
  chain.mine({ calls: [registers(channel.signed(2n))] })
  while (chain.dispute(channel.id)?.version !== 5n) {
    if (chain.sent.length > 0) chain.mine()
    await new Promise(setImmediate)
  }

  await using back = remoteWatcher({ connect: webSocketConnector({ url, token: 'secret' }), clock, random })
  const { eventsSub } = await back.startWatching(channel.signed(5n))
  expect(await eventsSub.next()).toMatchObject({ type: 'registered', version: 2n })

  await using stranger = remoteWatcher({ connect: webSocketConnector({ url, token: 'guess' }), clock, random })
  await expect(stranger.connected()).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' })

  expect(server.stats.connections).toBe(1)
  await back.shutdown()
  await server.close()
  await engine.shutdown()
})

it('ends the connection of a client that sends text', async () => {
  const port = await freePort()
  await using listener = await webSocketListener({ port, clientOf: () => parseClientName('meter-17') })
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { headers: { authorization: 'Bearer any' } })
  socket.once('open', () => socket.send('hello'))
  const { value: accepted } = await listener[Symbol.asyncIterator]().next()
  await expect(accepted?.connection.receive()).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' })
})
