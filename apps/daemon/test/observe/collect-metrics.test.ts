import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryStore, watcherEngine } from '@perun-watcher/core'
import { silentLogger, wakeSignal } from '@perun-watcher/core/adapter'
import { systemClock } from '@perun-watcher/core/system'
import { modelChain, registers, testChannel } from '@perun-watcher/core/testing'
import { serveWatcher } from '@perun-watcher/protocol'
import { generateCurveKeys, zmqConnector, zmqServer } from '@perun-watcher/transport-zmq'
import { expect, onTestFinished, test } from 'vitest'
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

test('a client that the list does not name is counted', async () => {
  const clock = systemClock
  const chain = modelChain()
  await using engine = watcherEngine({ chain, store: memoryStore(), clock, random: () => 0.5 })
  await engine.start()
  const [watcherKeys, strangerKeys] = [generateCurveKeys(), generateCurveKeys()]
  await using transport = await zmqServer({
    endpoints: 'tcp://127.0.0.1:*',
    security: { curve: watcherKeys, authorise: () => false },
    clock,
  })
  await using server = serveWatcher(engine, transport, { ledgerId: chain.ledgerId, clock })
  const metrics = metricsRegistry()
  const tower = {
    engine,
    chain: { head: undefined, headAgeMs: () => 0, isCurrent: true, stalledBy: undefined },
    balances: { all: [] },
    crossCheck: { disagreements: [] },
    front: { server, transport },
    storeStatistics: undefined,
  }
  const unauthorised = async (): Promise<string | undefined> => {
    const { body } = await metrics.text(() => collectMetrics(metrics, { isReady: true, tower, storePath: '' }))
    return body.match(/^perun_watcher_connections_unauthorised_total (.*)$/m)?.[1]
  }
  expect(await unauthorised()).toBe('0')
  const connect = zmqConnector({
    endpoint: transport.endpoints[0] ?? '',
    security: { serverKey: watcherKeys.publicKey, keys: strangerKeys },
    clock,
  })
  await expect(connect({})).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' })
  expect(await unauthorised()).toBe('1')
})
