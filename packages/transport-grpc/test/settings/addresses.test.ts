import { createServer } from 'node:net'
import { systemClock } from '@perun-watcher/core/system'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../../protocol/test/support/manual-clock.ts'
import { generateTlsKeys, grpcConnector } from '../../src/index.ts'
import { networkOf } from '../../src/server/lines.ts'
import { parseAddress, targetOf } from '../../src/settings/address.ts'
import { dial, pair, serve, serverKey, talk } from '../support/world.ts'

const unusable = { code: 'ADDRESS_UNUSABLE' }

describe('addresses', () => {
  it.each([
    '127.0.0.1',
    ':5000',
    'a b:5000',
    '127.0.0.1:70000',
    '[::1:5000',
    '::1:5000',
    '[127.0.0.1]:5000',
    'https://127.0.0.1:5000',
    'dns:127.0.0.1:5000',
  ])('%s is refused', (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining(unusable))
  })

  it('are told to gRPC with who looks them up', () => {
    const targets = ['localhost:1', '[::1]:2', 'watcher.example.org:3'].map((text) => targetOf(parseAddress(text)))
    expect(targets).toEqual(['ipv4:127.0.0.1:1', 'ipv6:[::1]:2', 'dns:watcher.example.org:3'])
  })

  it('of a client need a host and a port', () => {
    const security = { serverKey, keys: generateTlsKeys() }
    for (const address of ['0.0.0.0:5000', '[::]:5000', '127.0.0.1:0']) {
      expect(() => grpcConnector({ address, security, clock: systemClock })).toThrow(expect.objectContaining(unusable))
    }
  })

  it('that are in use are named', async () => {
    const { address } = await serve()
    const failure = await serve({ addresses: address }).catch((error: unknown) => error)
    expect(failure).toMatchObject(unusable)
    expect(String(failure)).toContain(address)
  })

  it('can be several for one server, over IPv6 too, and localhost is loopback', async () => {
    const world = await serve({ addresses: ['localhost:0', '[::1]:0'] })
    const { addresses } = world.server
    expect(addresses.map((address) => address.replace(/:\d+$/, ':'))).toEqual(['127.0.0.1:', '[::1]:'])
    for (const address of addresses) {
      const [client, { connection: server }] = await Promise.all([dial(address), world.accepted()])
      await talk({ client, server })
    }
  })

  it('that nobody can look up are lost, not refused', async () => {
    await expect(dial('nobody.invalid:5000')).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  })

  it('where nobody listens are told without waiting', async () => {
    // Time stands still.
    const refused = dial('127.0.0.1:1', { clock: manualClock() })
    await expect(refused).rejects.toMatchObject({ code: 'CONNECTION_LOST', retryable: true })
  })

  it('where nobody answers cost no more than the time for opening', async () => {
    // Accepts, and says nothing.
    const silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
    const address = await new Promise<string>((resolve) => {
      silent.once('listening', () => resolve(JSON.stringify(silent.address())))
    })
    for (const security of [undefined, { plaintext: 'loopback', client: 'device' } as const]) {
      const options = { limits: { openTimeoutMs: 50 }, ...(security === undefined ? {} : { security }) }
      const refused = dial(`127.0.0.1:${JSON.parse(address).port}`, options)
      await expect(refused).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    }
    silent.close()
  })

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('%s counts as one of %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })
})

describe('plain text', () => {
  const plain = { plaintext: 'loopback' } as const
  const loud = { plaintext: 'anybody-can-read-and-change-messages' } as const

  it.each(['0.0.0.0:0', '[::]:0', '10.0.0.1:5000', '127.example.org:1'])(
    'is refused at %s, by server and client',
    async (addresses) => {
      await expect(serve({ addresses, security: plain })).rejects.toMatchObject({ code: 'PLAINTEXT_REFUSED' })
      const address = addresses.replace(/^(?:0\.0\.0\.0|\[::\]):0$/, '10.0.0.1:1')
      const connect = (): unknown =>
        grpcConnector({ address, security: { ...plain, client: 'device' }, clock: systemClock })
      expect(connect).toThrow(expect.objectContaining({ code: 'PLAINTEXT_REFUSED' }))
    },
  )

  it('is served to everybody for operators who say so in words', async () => {
    const world = await serve({ addresses: '0.0.0.0:0', security: loud })
    const address = world.address.replace('0.0.0.0', '127.0.0.1')
    await talk(await pair({ ...world, address }, { security: { ...plain, client: 'device' } }))
  })

  it('needs a name that is one', () => {
    const security = { ...plain, client: 'two words' }
    expect(() => grpcConnector({ address: '127.0.0.1:1', security, clock: systemClock })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    )
  })
})
