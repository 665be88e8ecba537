import { hasCode } from '@perun-watcher/core'
import { silentLogger } from '@perun-watcher/core/adapter'
import { describe, expect, it } from 'vitest'
import { clientNameOf, generateCurveKeys } from '../../src/index.ts'
import { keyBytes } from '../../src/security/curve-keys.ts'
import { openProof } from '../../src/security/proof.ts'
import { opening } from '../support/raw-client.ts'
import { dial, everybody, intruder, pair, serve, serverKeys, talk } from '../support/world.ts'

const refusal = (code: string) => expect.objectContaining({ kind: 'end', reason: expect.objectContaining({ code }) })

describe('a client', () => {
  it('is named by its public key', async () => {
    const world = await serve()
    const keys = generateCurveKeys()
    const [, { client }] = await Promise.all([dial(world.endpoint, { keys }), world.accepted()])
    expect(client).toBe(clientNameOf(keys.publicKey))
  })

  it('that is not authorised does not finish the handshake, and is told so', async () => {
    const welcome = generateCurveKeys()
    const world = await serve({ security: { curve: serverKeys, authorise: (key) => key === welcome.publicKey } })
    await expect(dial(world.endpoint)).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' })
    expect(world.server.stats).toMatchObject({ unauthorised: 1, unopened: 0, accepted: 0 })
    await talk(await pair(world, { keys: welcome }))
  })

  it('cannot open with a key that is not authorised after a handshake with one that is', async () => {
    const [welcome, other] = [generateCurveKeys(), generateCurveKeys()]
    const world = await serve({ security: { curve: serverKeys, authorise: (key) => key === welcome.publicKey } })
    const raw = intruder(world.endpoint, { keys: welcome })
    await raw.send(opening(other, serverKeys.publicKey, raw.routingId))
    expect(await raw.next()).toEqual(refusal('CONNECTION_REFUSED'))
  })

  it('cannot use a proof that was made for another connection', async () => {
    const world = await serve()
    const keys = generateCurveKeys()
    const raw = intruder(world.endpoint, { keys })
    await raw.send(opening(keys, serverKeys.publicKey, Buffer.alloc(16, 7)))
    expect(await raw.next()).toEqual(refusal('CONNECTION_REFUSED'))
  })

  it('cannot come under a public key of low order, with which everybody shares the same secret', async () => {
    const world = await serve()
    const keys = generateCurveKeys()
    const raw = intruder(world.endpoint, { keys })
    const credentials = Buffer.concat([Buffer.alloc(32), openProof(keys, serverKeys.publicKey, raw.routingId)])
    await raw.send({ kind: 'open', version: 1, window: 2 ** 20, credentials })
    expect(await raw.next()).toEqual(refusal('CONNECTION_REFUSED'))
  })

  it('needs a routing id that nobody can guess', async () => {
    const world = await serve()
    const keys = generateCurveKeys()
    const raw = intruder(world.endpoint, { keys, routingId: Buffer.from('short') })
    await raw.send(opening(keys, serverKeys.publicKey, raw.routingId))
    expect(await raw.next()).toEqual(refusal('PROTOCOL_VIOLATION'))
  })

  it('is told of a version that the watcher does not speak', async () => {
    const world = await serve()
    const keys = generateCurveKeys()
    const raw = intruder(world.endpoint, { keys })
    await raw.send({ ...opening(keys, serverKeys.publicKey, raw.routingId), version: 2 })
    expect(await raw.next()).toEqual(refusal('PROTOCOL_VERSION'))
  })

  it('with a wrong key of the watcher may try again, and hears what is often the reason', async () => {
    const world = await serve()
    const security = { serverKey: generateCurveKeys().publicKey, keys: generateCurveKeys() }
    const failure = await dial(world.endpoint, { security }).catch((error: unknown) => error)
    expect(hasCode(failure, 'CONNECTION_LOST')).toBe(true)
    expect(String(failure)).toContain('key of the watcher is wrong')
    expect(String(failure)).toContain(world.endpoint)
  })

  it('without CURVE cannot connect to a watcher with CURVE, nor the other way round', async () => {
    const encrypted = await serve()
    const plain = await serve({ security: { plaintext: 'loopback' } })
    const security = { plaintext: 'loopback', client: 'device' } as const
    await expect(dial(encrypted.endpoint, { security })).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    await expect(dial(plain.endpoint)).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  })

  it('is turned away for now when deciding about it fails, and the failure is reported', async () => {
    const errors: string[] = []
    const world = await serve({
      security: {
        curve: serverKeys,
        authorise() {
          throw new Error('the list cannot be read')
        },
      },
      logger: { ...silentLogger, error: (message, _fields, error) => void errors.push(`${message}: ${error}`) },
    })
    await expect(dial(world.endpoint)).rejects.toMatchObject({ code: 'CONNECTION_LOST', retryable: true })
    expect(errors).toEqual(['Deciding whether a client may connect failed: Error: the list cannot be read'])
  })

  it('in plain text is named as it says, apart from all names that are proved', async () => {
    const world = await serve({ security: { plaintext: 'loopback' } })
    const name = `${clientNameOf(generateCurveKeys().publicKey)}`
    const security = { plaintext: 'loopback', client: name } as const
    const [, { client }] = await Promise.all([dial(world.endpoint, { security }), world.accepted()])
    expect(client).toBe(`plain:${name}`)
  })
})

it('servers in one process ask each its own list', async () => {
  const first = await serve({ security: { curve: serverKeys, authorise: () => false } })
  const second = await serve({ security: everybody })
  await talk(await pair(second))
  await expect(dial(first.endpoint)).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' })
})

it('a proof is bound to both keys and to the connection', () => {
  const [client, other] = [generateCurveKeys(), generateCurveKeys()]
  const id = Buffer.alloc(16, 1)
  const proofs = [
    openProof(client, serverKeys.publicKey, id),
    openProof(other, serverKeys.publicKey, id),
    openProof(client, other.publicKey, id),
    openProof(client, serverKeys.publicKey, Buffer.alloc(16, 2)),
  ].map((proof) => Buffer.from(proof).toString('hex'))
  expect(new Set(proofs).size).toBe(proofs.length)
  expect(keyBytes(client.publicKey)).toHaveLength(32)
})
