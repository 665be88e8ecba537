import { hasCode } from '@perun-watcher/core'
import { silentLogger } from '@perun-watcher/core/adapter'
import { describe, expect, it } from 'vitest'
import {
  type ClientSecurity,
  clientNameOf,
  generateTlsKeys,
  newClientToken,
  publicKeyHashOf,
  type ServerSecurity,
} from '../../src/index.ts'
import { callWatcher, dial, pair, serve, serverKey, serverKeys, stranger, talk } from '../support/world.ts'

const hashOf = (keys: { certificate: string }) => publicKeyHashOf(keys.certificate)

describe('a client with a certificate', () => {
  it('is named by the hash of its public key, whoever signed it', async () => {
    const world = await serve()
    const keys = generateTlsKeys()
    const [, { client, remote }] = await Promise.all([dial(world.address, { keys }), world.accepted()])
    expect(client).toBe(`tls:${hashOf(keys)}`)
    expect(client).toBe(clientNameOf(hashOf(keys)))
    expect(remote).toMatch(/^127\.0\.0\.1:\d+$/)
  })

  it('that is not admitted is told so, and gets in once it is', async () => {
    const keys = generateTlsKeys()
    const list = new Set<string>()
    const world = await serve({ security: { keys: serverKeys, authorise: (key) => list.has(key) } })
    await expect(dial(world.address, { keys })).rejects.toMatchObject({ code: 'CONNECTION_REFUSED', retryable: true })
    expect(world.server.stats).toMatchObject({ unauthorised: 1, accepted: 0, refused: { CONNECTION_REFUSED: 1 } })
    list.add(hashOf(keys))
    await talk(await pair(world, { keys }))
  })

  it('cannot use the certificate of another without its key', async () => {
    const [own, other] = [generateTlsKeys(), generateTlsKeys()]
    expect(() => stranger('127.0.0.1:1', { certificate: other.certificate, privateKey: own.privateKey })).toThrow()
    const security = { serverKey, keys: { certificate: other.certificate, privateKey: own.privateKey } }
    await expect(dial('127.0.0.1:1', { security })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  it('or without one is told by the status of gRPC, in any language', async () => {
    const world = await serve({ security: { keys: serverKeys, authorise: () => false } })
    for (const keys of [undefined, generateTlsKeys()]) {
      const { code, metadata } = await callWatcher(stranger(world.address, keys)).ended
      expect(code).toBe(7)
      expect(metadata.get('perun-watcher-error')).toEqual(['CONNECTION_REFUSED'])
    }
  })

  it('is turned away for now when deciding about it fails, and the failure is reported', async () => {
    const errors: string[] = []
    const world = await serve({
      security: {
        keys: serverKeys,
        authorise() {
          throw new Error('the list cannot be read')
        },
      },
      logger: { ...silentLogger, error: (message, _fields, error) => void errors.push(`${message}: ${error}`) },
    })
    await expect(dial(world.address)).rejects.toMatchObject({ code: 'SERVER_FAILED', retryable: true })
    expect(errors).toEqual(['Deciding whether a client may connect failed: Error: the list cannot be read'])
  })
})

describe('a client with a token', () => {
  const { token, hash } = newClientToken('device-1')
  const tokens = (client: string) => (client === 'device-1' ? hash : undefined)
  const security: ServerSecurity = { keys: serverKeys, tokens }

  it('is named after it, and needs no certificate', async () => {
    const world = await serve({ security })
    const [client, { client: name, connection: server }] = await Promise.all([
      dial(world.address, { security: { serverKey, token } }),
      world.accepted(),
    ])
    expect(name).toBe('token:device-1')
    await talk({ client, server })
  })

  it('is refused with the token of nobody, or of another', async () => {
    const world = await serve({ security })
    for (const other of [newClientToken('device-1'), newClientToken('device-2')]) {
      const refused = dial(world.address, { security: { serverKey, token: other.token } })
      await expect(refused).rejects.toMatchObject({ code: 'CONNECTION_REFUSED', retryable: true })
    }
    for (const authorization of ['', 'Bearer', 'Bearer ', `Basic ${token}`, `Bearer ${token} ${token}`, 'Bearer a.b']) {
      expect(await callWatcher(stranger(world.address), { authorization }).ended).toMatchObject({ code: 7 })
    }
    expect(await callWatcher(stranger(world.address, generateTlsKeys())).ended).toMatchObject({ code: 7 })
    expect(world.server.stats.accepted).toBe(0)
  })

  it('and one with a certificate can be served by one server, and are never confused', async () => {
    const world = await serve({ security: { keys: serverKeys, authorise: () => true, tokens } })
    const keys = generateTlsKeys()
    const [, { client: first }] = await Promise.all([
      dial(world.address, { security: { serverKey, token } }),
      world.accepted(),
    ])
    const [, { client: second }] = await Promise.all([dial(world.address, { keys }), world.accepted()])
    expect([first, second]).toEqual(['token:device-1', clientNameOf(hashOf(keys))])
    // A wrong token is not made good by a certificate.
    const authorization = `Bearer ${newClientToken('device-1').token}`
    expect(await callWatcher(stranger(world.address, keys), { authorization }).ended).toMatchObject({ code: 7 })
  })

  it('can show it on loopback without TLS', async () => {
    const world = await serve({ security: { plaintext: 'loopback', tokens } })
    const [, { client }] = await Promise.all([
      dial(world.address, { security: { plaintext: 'loopback', token } }),
      world.accepted(),
    ])
    expect(client).toBe('token:device-1')
    const unproved = dial(world.address, { security: { plaintext: 'loopback', client: 'device-1' } })
    await expect(unproved).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' })
  })
})

describe('a watcher', () => {
  it('with another key than expected gets nothing, and the client hears both keys', async () => {
    const world = await serve()
    const expected = hashOf(generateTlsKeys())
    const security = { serverKey: expected, keys: generateTlsKeys() }
    const failure = await dial(world.address, { security }).catch((error: unknown) => error)
    expect(hasCode(failure, 'CONNECTION_LOST')).toBe(true)
    for (const part of [expected, serverKey, world.address]) expect(String(failure)).toContain(part)
    expect(world.server.stats.accepted).toBe(0)
  })

  it('can be recognised by who vouches for its name, and only under that name', async () => {
    const world = await serve()
    const byName = (authorities: string): ClientSecurity => ({ authorities, keys: generateTlsKeys() })
    await talk(await pair(world, { security: byName(serverKeys.certificate) }))
    const other = generateTlsKeys({ names: ['127.0.0.1'] })
    const misnamed = generateTlsKeys({ names: ['127.0.0.2'] })
    const elsewhere = await serve({ security: { keys: misnamed, authorise: () => true } })
    for (const [address, authority] of [
      [world.address, other],
      [elsewhere.address, misnamed],
    ] as const) {
      const refused = dial(address, { security: byName(authority.certificate) })
      await expect(refused).rejects.toMatchObject({ code: 'CONNECTION_LOST', retryable: true })
    }
    const system = dial(world.address, { security: { authorities: 'system', keys: generateTlsKeys() } })
    await expect(system).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  })

  it('without TLS cannot be reached with it, nor the other way round', async () => {
    const encrypted = await serve()
    const plain = await serve({ security: { plaintext: 'loopback' } })
    const security = { plaintext: 'loopback', client: 'device' } as const
    await expect(dial(encrypted.address, { security })).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    await expect(dial(plain.address)).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  })

  it('must say who may connect', async () => {
    // @ts-expect-error what a program without types may do
    const serving = serve({ security: { keys: serverKeys } })
    await expect(serving).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })
})

it('in plain text a client is named as it says, apart from all names that are proved', async () => {
  const world = await serve({ security: { plaintext: 'loopback' } })
  const name = clientNameOf(serverKey)
  const [, { client }] = await Promise.all([
    dial(world.address, { security: { plaintext: 'loopback', client: name } }),
    world.accepted(),
  ])
  expect(client).toBe(`plain:${name}`)
})
