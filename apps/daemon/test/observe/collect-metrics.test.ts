import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryStore, watcherEngine } from '@perun-watcher/core'
import { silentLogger, spendingBook, wakeSignal } from '@perun-watcher/core/adapter'
import { systemClock } from '@perun-watcher/core/system'
import { modelChain, registers, testChannel } from '@perun-watcher/core/testing'
import { remoteWatcher, serveWatcher } from '@perun-watcher/protocol'
import { generateTlsKeys, grpcConnector, grpcServer, publicKeyHashOf } from '@perun-watcher/transport-grpc'
import { generateCurveKeys, zmqConnector, zmqServer } from '@perun-watcher/transport-zmq'
import { expect, onTestFinished, test } from 'vitest'
import { merged } from '../../src/listen/merged.ts'
import { collectEngine, collectMetrics } from '../../src/observe/collect-metrics.ts'
import { metricsRegistry } from '../../src/observe/metrics/metrics-registry.ts'

test('warnings of the engine are counted by reason, from 0 on, at any log level, once for all readings', async () => {
  const chain = modelChain()
  const engine = watcherEngine({
    chain,
    store: memoryStore(),
    clock: systemClock,
    random: () => 0.5,
    logger: silentLogger,
  })
  onTestFinished(() => engine.shutdown({ signal: AbortSignal.abort() }).catch(() => {}))
  await engine.start()
  const metrics = metricsRegistry()

  async function readWarnings(): Promise<readonly string[]> {
    const { body } = await metrics.text(async () => collectEngine(metrics, engine))
    return body.split('\n').filter((line) => line.startsWith('perun_watcher_endangered_total{'))
  }

  // An alert on an increase needs the 0 that was before.
  const before = await readWarnings()
  expect(before).toContain('perun_watcher_endangered_total{reason="too-late"} 0')
  expect(before.filter((line) => !line.endsWith(' 0'))).toEqual([])

  const warned = wakeSignal()
  const channel = testChannel()
  await engine.startWatching(channel.signed(4n), {
    push({ type }) {
      if (type === 'endangered') warned.wake()
    },
    end() {},
  })
  // Both have signed two states of one version.
  chain.mine({ calls: [registers(channel.signed(4n, { isFinal: true }))] })
  await warned.after(0)
  for (let reading = 0; reading < 2; reading++) {
    const lines = await readWarnings()
    expect(lines).toHaveLength(before.length)
    expect(lines.filter((line) => !line.endsWith(' 0'))).toEqual([
      'perun_watcher_endangered_total{reason="same-version"} 1',
    ])
  }
})

test('a daemon that is still starting tells its version, that it is not ready, and how much disk its store takes', async () => {
  const storePath = mkdtempSync(join(tmpdir(), 'perun-metrics-'))
  onTestFinished(() => rmSync(storePath, { recursive: true }))
  writeFileSync(join(storePath, 'data.mdb'), new Uint8Array(12_345))
  const metrics = metricsRegistry()
  const { body } = await metrics.text(() => collectMetrics(metrics, { isReady: false, tower: undefined, storePath }))
  expect(body).toMatch(/^perun_watcher_info\{version="[^"]+"\} 1$/m)
  expect(body).toMatch(/^perun_watcher_ready 0$/m)
  expect(body).toMatch(/^perun_watcher_store_bytes 12345$/m)
})

/** A watcher that clients can reach, and what its daemon says about it. */
async function reachable(isWelcome: boolean) {
  const clock = systemClock
  const chain = modelChain()
  const engine = watcherEngine({ chain, store: memoryStore(), clock, random: () => 0.5 })
  await engine.start()
  const [watcherKeys, keys] = [generateCurveKeys(), generateCurveKeys()]
  const security = { curve: watcherKeys, authorise: () => isWelcome }
  const transport = await zmqServer({ endpoints: 'tcp://127.0.0.1:*', security, clock })
  const tls = generateTlsKeys()
  const grpc = await grpcServer({
    addresses: '127.0.0.1:0',
    security: { keys: tls, authorise: () => isWelcome },
    limits: { maxConnectionsPerAddress: 2 },
    clock,
  })
  const server = serveWatcher(engine, merged([transport, grpc]), { ledgerId: chain.ledgerId, clock })
  onTestFinished(async () => {
    await server.close()
    await transport.close()
    await grpc.close()
    await engine.shutdown()
  })
  const tower = {
    engine,
    chain: {
      head: undefined,
      headAgeMs: () => 0,
      isCurrent: true,
      stalledBy: undefined,
      refutations: { failedBy: undefined, late: 2, waiting: 3 },
    },
    abilities: { lacking: [{ ability: 'traces' as const, error: new Error('no') }] },
    balances: { all: [] },
    crossCheck: { disagreements: [] },
    rpc: { health: [{ name: '1', state: 'failing' as const, reason: 'nothing' as const, head: undefined }] },
    spending: spendingBook({ clock, logger: silentLogger }),
    front: {
      server,
      transports: [
        { name: 'zmq' as const, stats: transport.stats },
        { name: 'grpc' as const, stats: grpc.stats },
      ],
    },
    storeStatistics: undefined,
  }
  const metrics = metricsRegistry()
  return {
    server,
    connect: zmqConnector({
      endpoint: transport.endpoints[0] ?? '',
      security: { serverKey: watcherKeys.publicKey, keys },
      clock,
    }),
    connectOverGrpc: grpcConnector({
      address: grpc.addresses[0] ?? '',
      security: { serverKey: publicKeyHashOf(tls.certificate), keys: generateTlsKeys() },
      clock,
    }),
    /** The number behind a name, with its labels. */
    async read(name: string): Promise<number> {
      const { body } = await metrics.text(() => collectMetrics(metrics, { isReady: true, tower, storePath: '' }))
      const line = body.split('\n').find((each) => each.startsWith(`perun_watcher_${name} `))
      return Number(line?.split(' ')[1])
    },
  }
}

test('a client that the list does not name is counted, by the way it came', async () => {
  const { connect, connectOverGrpc, read } = await reachable(false)
  const counts = async (): Promise<readonly number[]> => [
    await read('connections_unauthorised_total{transport="zmq"}'),
    await read('connections_unauthorised_total{transport="grpc"}'),
  ]
  expect(await counts()).toEqual([0, 0])
  await expect(connect({})).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' })
  expect(await counts()).toEqual([1, 0])
  await expect(connectOverGrpc({})).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' })
  expect(await counts()).toEqual([1, 1])
  expect(await read('connections_refused_total{transport="grpc",code="CONNECTION_REFUSED"}')).toBe(1)
})

test('connections are counted by the way they came and all together, and sockets that were too many', async () => {
  const { connect, connectOverGrpc, read } = await reachable(true)
  const clock = systemClock
  const clients = [connect, connectOverGrpc, connectOverGrpc].map((way) =>
    remoteWatcher({ connect: way, clock, random: () => 0.5 }),
  )
  onTestFinished(async () => void (await Promise.all(clients.map((each) => each.shutdown()))))
  await Promise.all(clients.map((each) => each.connected()))
  expect(await read('connections')).toBe(3)
  expect(await read('clients_connected')).toBe(2)
  expect(await read('transport_connections{transport="zmq"}')).toBe(1)
  expect(await read('transport_connections{transport="grpc"}')).toBe(2)
  expect(await read('sockets_turned_away_total{transport="grpc"}')).toBe(0)
  await expect(connectOverGrpc({})).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  expect(await read('sockets_turned_away_total{transport="grpc"}')).toBeGreaterThan(0)
})

test('what clients and the watcher say to each other is counted both ways', async () => {
  const { connect, read, server } = await reachable(true)
  const client = remoteWatcher({ connect, clock: systemClock, random: () => 0.5 })
  onTestFinished(() => client.shutdown())
  const channel = testChannel()
  const { statesPub } = await client.startWatching(channel.signed(1n))
  await statesPub.publish(channel.signed(2n))
  const { messagesIn, messagesOut, bytesIn, bytesOut } = server.stats
  expect(messagesIn).toBeGreaterThan(0)
  expect(bytesIn).toBeGreaterThan(bytesOut)
  expect(await read('messages_total{direction="in"}')).toBe(messagesIn)
  expect(await read('messages_total{direction="out"}')).toBe(messagesOut)
  expect(await read('message_bytes_total{direction="in"}')).toBe(bytesIn)
  expect(await read('message_bytes_total{direction="out"}')).toBe(bytesOut)
  expect(await read('connections')).toBe(1)
  expect(await read('clients_connected')).toBe(1)
  expect(await read('watches')).toBe(1)
})

test('refutations that wait or are late are counted, and what endpoints cannot do is a one', async () => {
  const { read } = await reachable(true)
  expect([await read('refutations_waiting'), await read('refutations_late')]).toEqual([3, 2])
  expect([await read('unable{ability="traces"}'), await read('unable{ability="sends"}')]).toEqual([1, 0])
})

test('an RPC endpoint that fails is a zero', async () => {
  const { read } = await reachable(true)
  expect(await read('rpc_endpoint_good{endpoint="1"}')).toBe(0)
})
