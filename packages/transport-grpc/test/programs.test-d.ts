/** What programs write, judged by the compiler. */
import { systemClock as clock, systemRandom as random } from '@perun-watcher/core/system'
import { remoteWatcher, type ServedEngine, serveWatcher } from '@perun-watcher/protocol'
import type { AcceptedConnection, Connector } from '@perun-watcher/protocol/adapter'
import {
  type ClientToken,
  type GrpcServer,
  grpcConnector,
  grpcServer,
  newClientToken,
  type PublicKeyHash,
  publicKeyHashOf,
  type TlsKeys,
  type TokenHash,
} from '@perun-watcher/transport-grpc'
import { describe, expectTypeOf, it } from 'vitest'

declare const engine: ServedEngine
declare const keys: TlsKeys
declare const token: ClientToken
const address = '127.0.0.1:5000'
const serverKey = publicKeyHashOf(keys.certificate)

describe('grpcConnector', () => {
  it('gets a remote watcher to its watcher', () => {
    const connect = grpcConnector({ address, security: { serverKey, keys }, clock })
    expectTypeOf(connect).toEqualTypeOf<Connector>()
    remoteWatcher({ connect, clock, random })
  })

  it('needs a way to recognise the watcher, and to be recognised', () => {
    grpcConnector({ address, security: { authorities: 'system', token }, clock })
    // @ts-expect-error who is the watcher?
    grpcConnector({ address, security: { keys }, clock })
    // @ts-expect-error who is the client?
    grpcConnector({ address, security: { serverKey }, clock })
    // @ts-expect-error only one of both
    grpcConnector({ address, security: { serverKey, keys, token }, clock })
    // @ts-expect-error nothing is said about security
    grpcConnector({ address, clock })
  })

  it('does without TLS only in words', () => {
    grpcConnector({ address, security: { plaintext: 'loopback', client: 'device-1' }, clock })
    grpcConnector({ address, security: { plaintext: 'loopback', token }, clock })
    // @ts-expect-error not these words
    grpcConnector({ address, security: { plaintext: true, client: 'device-1' }, clock })
    // @ts-expect-error plain text needs a name
    grpcConnector({ address, security: { plaintext: 'loopback' }, clock })
  })

  it('takes what was parsed, and never a token for its hash', () => {
    // @ts-expect-error any text is no hash of a key
    grpcConnector({ address, security: { serverKey: 'ff'.repeat(32), keys }, clock })
    // @ts-expect-error any text is no token
    grpcConnector({ address, security: { serverKey, token: 'device.secret' }, clock })
    expectTypeOf(newClientToken('device')).toEqualTypeOf<{ readonly token: ClientToken; readonly hash: TokenHash }>()
    expectTypeOf<ClientToken>().not.toExtend<TokenHash>()
    expectTypeOf<TokenHash>().not.toExtend<PublicKeyHash>()
  })

  it('has the limits of both sides, and none of the server', () => {
    const security = { serverKey, keys }
    grpcConnector({ address, security, clock, limits: { heartbeatMs: 5_000, openTimeoutMs: undefined } })
    // @ts-expect-error a limit of the server
    grpcConnector({ address, security, clock, limits: { maxConnections: 5 } })
  })
})

describe('grpcServer', () => {
  const authorise = (key: PublicKeyHash): boolean => key === serverKey
  const tokens = (client: string): TokenHash | undefined => newClientToken(client).hash

  it('gives a server its connections, from one address or several', async () => {
    const server = await grpcServer({ addresses: address, security: { keys, authorise }, clock })
    expectTypeOf(server).toEqualTypeOf<GrpcServer>()
    expectTypeOf(server).toExtend<AsyncIterable<AcceptedConnection>>()
    serveWatcher(engine, server, { ledgerId: 'ledger:1', clock })
    await grpcServer({ addresses: [address, '[::1]:5000'] as const, security: { plaintext: 'loopback' }, clock })
  })

  it('asks whom to let in', async () => {
    await grpcServer({ addresses: address, security: { keys, tokens }, clock })
    await grpcServer({ addresses: address, security: { keys, authorise, tokens }, clock })
    await grpcServer({ addresses: address, security: { plaintext: 'loopback', tokens }, clock })
    // @ts-expect-error who may connect?
    await grpcServer({ addresses: address, security: { keys }, clock })
    // @ts-expect-error nothing is said about security
    await grpcServer({ addresses: address, clock })
  })

  it('tells its numbers read only', async () => {
    const { stats, addresses } = await grpcServer({ addresses: address, security: { keys, authorise }, clock })
    expectTypeOf(addresses).toEqualTypeOf<readonly string[]>()
    // @ts-expect-error read only
    stats.accepted = 1
  })
})
