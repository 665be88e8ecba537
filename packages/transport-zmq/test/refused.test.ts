import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { systemClock, systemRandom } from '@perun-watcher/core/system'
import { testChannel } from '@perun-watcher/core/testing'
import { type RemoteWatcher, remoteWatcher, serveWatcher } from '@perun-watcher/protocol'
import { expect, it, onTestFinished } from 'vitest'
import { setup } from '../../core/test/support/setup.ts'
import { type CurveKeys, type CurvePublicKey, clientNameOf, generateCurveKeys, zmqConnector } from '../src/index.ts'
import { parseEndpoint } from '../src/settings/endpoint.ts'
import { type Target, tcpProxy } from './support/proxy.ts'
import { serve, serverKeys } from './support/world.ts'

const refused = { code: 'CONNECTION_REFUSED' }

/** A watcher for the clients of this list, and its engine. */
async function watcherFor(list: ReadonlySet<CurvePublicKey>) {
  const { engine } = await setup()
  const connections = await serve({ security: { curve: serverKeys, authorise: (key) => list.has(key) } })
  const server = serveWatcher(engine, connections.server, { ledgerId: 'model:1', clock: systemClock })
  onTestFinished(() => server.close())
  return { engine, endpoint: connections.endpoint, stats: connections.server.stats }
}

function device(endpoint: string, keys: CurveKeys): RemoteWatcher {
  const watcher = remoteWatcher({
    connect: zmqConnector({ endpoint, security: { serverKey: serverKeys.publicKey, keys }, clock: systemClock }),
    clock: systemClock,
    random: systemRandom,
    reconnect: { firstDelayMs: 1, longestDelayMs: 10 },
  })
  onTestFinished(() => watcher.shutdown({ signal: AbortSignal.abort() }).catch(() => {}))
  return watcher
}

const greetingBytes = 64

/** Answers the hello of a client with libzmq's refusal, as whoever is on the line can: it is not encrypted. */
async function forger(): Promise<Target> {
  const greeting = Buffer.alloc(greetingBytes)
  greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 1])
  greeting.write('CURVE', 12)
  greeting[32] = 1
  const error = Buffer.from('\x04\x0a\x05ERROR\x03400')
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.write(greeting)
    let heard = 0
    socket.on('data', ({ length }) => {
      const isHello = heard <= greetingBytes && heard + length > greetingBytes
      heard += length
      if (isHello) socket.write(error)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

it('a client that the watcher does not know hears it, and gets in by itself once it is allowed', async () => {
  const list = new Set<CurvePublicKey>()
  const { engine, endpoint, stats } = await watcherFor(list)
  const keys = generateCurveKeys()
  const client = device(endpoint, keys)
  const channel = testChannel()
  const starting = client.startWatching(channel.signed(1n))
  await expect(client.connected()).rejects.toMatchObject(refused)
  expect(client.status).toMatchObject({ connection: 'connecting', lastError: refused })
  expect(stats.unauthorised).toBeGreaterThan(0)

  list.add(keys.publicKey)
  const { statesPub } = await starting
  await statesPub.publish(channel.signed(2n))
  expect(engine.channel(channel.id)).toMatchObject({ version: 2n, clients: [clientNameOf(keys.publicKey)] })
  await client.connected()
})

it('a client goes on although somebody on the line forges the refusal of its watcher', async () => {
  const keys = generateCurveKeys()
  const { engine, endpoint } = await watcherFor(new Set([keys.publicKey]))
  let target = await forger()
  await using line = await tcpProxy(() => target)
  const client = device(`tcp://127.0.0.1:${line.port}`, keys)
  const channel = testChannel()
  const starting = client.startWatching(channel.signed(1n))
  await expect(client.connected()).rejects.toMatchObject(refused)

  const watcher = parseEndpoint(endpoint)
  if (watcher.transport !== 'tcp') throw new Error('the watcher listens on tcp')
  target = { host: watcher.host, port: Number(watcher.port) }
  await starting
  expect(engine.channel(channel.id)).toMatchObject({ version: 1n })
})
