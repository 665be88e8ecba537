import { lstat, readFile, rename, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { systemClock } from '@perun-watcher/core/system'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../../protocol/test/support/manual-clock.ts'
import { generateCurveKeys, zmqConnector } from '../../src/index.ts'
import { parseEndpoint } from '../../src/settings/endpoint.ts'
import { dial, pair, serve, talk, temporaryFolder } from '../support/world.ts'

const unusable = { code: 'ADDRESS_UNUSABLE' }

describe('addresses', () => {
  it.each([
    'udp://127.0.0.1:1',
    'tcp://127.0.0.1',
    'tcp://:5000',
    'tcp://a b:5000',
    'tcp://127.0.0.1:70000',
    'tcp://[::1:5000',
    'tcp://[127.0.0.1]:5000',
    'ipc://',
    'ipc://@abstract',
    'ipc://*',
    `ipc:///${'x'.repeat(107)}`,
    'tcp://;127.0.0.1:5000;tcp://1.2.3.4:5000',
  ])('%s is refused', (text) => {
    expect(() => parseEndpoint(text)).toThrow(expect.objectContaining(unusable))
  })

  it('of a client need a host and a port', () => {
    const security = { serverKey: generateCurveKeys().publicKey, keys: generateCurveKeys() }
    for (const endpoint of ['tcp://*:5000', 'tcp://127.0.0.1:*', 'tcp://127.0.0.1:0']) {
      expect(() => zmqConnector({ endpoint, security, clock: systemClock })).toThrow(expect.objectContaining(unusable))
    }
  })

  it('that are in use are named', async () => {
    const { endpoint } = await serve()
    const failure = await serve({ endpoints: endpoint }).catch((error: unknown) => error)
    expect(failure).toMatchObject(unusable)
    expect(String(failure)).toContain(endpoint)
  })

  it('can be several for one server, over IPv6 too, and localhost is loopback', async () => {
    const folder = await temporaryFolder()
    const wanted = ['tcp://localhost:*', 'tcp://[::1]:0', `ipc://${join(folder, 'socket')}`]
    const world = await serve({ endpoints: wanted })
    const { endpoints } = world.server
    // Each of them, in the order in which they were asked for.
    expect(endpoints.map((endpoint) => endpoint.replace(/:\d+$/, ':'))).toEqual([
      'tcp://127.0.0.1:',
      'tcp://[::1]:',
      `ipc://${join(folder, 'socket')}`,
    ])
    for (const endpoint of endpoints) {
      expect(endpoint).not.toMatch(/:(?:0|\*)$/)
      const [client, { connection: server }] = await Promise.all([dial(endpoint), world.accepted()])
      await talk({ client, server })
    }
  })

  it('that nobody can look up are lost, not refused', async () => {
    await expect(dial('tcp://nobody.invalid:5000')).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  })

  it('where nobody listens are told without waiting', async () => {
    const folder = await temporaryFolder()
    // Time stands still.
    const clock = manualClock()
    for (const endpoint of [`ipc://${join(folder, 'nobody')}`, 'tcp://127.0.0.1:1']) {
      await expect(dial(endpoint, { clock })).rejects.toMatchObject({ code: 'CONNECTION_LOST', retryable: true })
    }
  })

  it('where nobody answers cost no more than the time for opening', async () => {
    // Accepts, and says nothing.
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    const address = await new Promise<string>((resolve) => {
      silent.once('listening', () => resolve(JSON.stringify(silent.address())))
    })
    const endpoint = `tcp://127.0.0.1:${JSON.parse(address).port}`
    await expect(dial(endpoint, { limits: { openTimeoutMs: 50 } })).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    silent.close()
  })
})

describe('socket files', () => {
  it('belong to their user only', async () => {
    const path = join(await temporaryFolder(), 'socket')
    await serve({ endpoints: `ipc://${path}` })
    expect((await lstat(path)).mode & 0o777).toBe(0o600)
  })

  it('are taken over from a program that is gone, not from one that listens', async () => {
    const path = join(await temporaryFolder(), 'socket')
    const endpoints = `ipc://${path}`
    const gone = createServer().listen(path)
    await new Promise((resolve) => gone.once('listening', resolve))
    await expect(serve({ endpoints })).rejects.toMatchObject(unusable)
    // Node removes the file when it closes: leave one behind as a crash does.
    const copy = `${path}-stale`
    const stale = createServer().listen(copy)
    await new Promise((resolve) => stale.once('listening', resolve))
    await new Promise((resolve) => gone.close(resolve))
    await rename(copy, path)
    await new Promise((resolve) => stale.close(resolve))
    const world = await serve({ endpoints })
    await talk(await pair(world))
    await expect(serve({ endpoints })).rejects.toMatchObject(unusable)
    await talk(await pair(world))
  })

  it('never replace a file that is none', async () => {
    const path = join(await temporaryFolder(), 'precious')
    await writeFile(path, 'keep me')
    await expect(serve({ endpoints: `ipc://${path}` })).rejects.toMatchObject(unusable)
    expect(await readFile(path, 'utf8')).toBe('keep me')
  })

  it('in a folder that does not exist are refused', async () => {
    const folder = await temporaryFolder()
    await expect(serve({ endpoints: `ipc://${folder}/none/socket` })).rejects.toMatchObject(unusable)
  })
})

describe('plain text', () => {
  const plain = { plaintext: 'loopback' } as const
  const loud = { plaintext: 'anybody-can-read-and-change-messages' } as const

  it.each(['tcp://0.0.0.0:*', 'tcp://*:*', 'tcp://[::]:*', 'tcp://10.0.0.1:5000', 'tcp://127.example.org:1'])(
    'is refused at %s, by server and client',
    async (endpoint) => {
      await expect(serve({ endpoints: endpoint, security: plain })).rejects.toMatchObject({ code: 'PLAINTEXT_REFUSED' })
      const connect = (): unknown =>
        zmqConnector({
          endpoint: endpoint.replace('*:*', '10.0.0.1:1').replace(':*', ':1'),
          security: { ...plain, client: 'device' },
          clock: systemClock,
        })
      expect(connect).toThrow(expect.objectContaining({ code: 'PLAINTEXT_REFUSED' }))
    },
  )

  it('is served to everybody for operators who say so in words', async () => {
    const world = await serve({ endpoints: 'tcp://0.0.0.0:*', security: loud })
    const endpoint = world.endpoint.replace('0.0.0.0', '127.0.0.1')
    const [client, { connection: server }] = await Promise.all([
      dial(endpoint, { security: { ...plain, client: 'device' } }),
      world.accepted(),
    ])
    await talk({ client, server })
  })

  it('needs a name that is one', () => {
    const security = { ...plain, client: 'two words' }
    expect(() => zmqConnector({ endpoint: 'tcp://127.0.0.1:1', security, clock: systemClock })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    )
  })
})
