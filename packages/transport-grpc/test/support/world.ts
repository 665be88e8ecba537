import { once } from 'node:events'
import { Client, type ClientDuplexStream, credentials, Metadata, type StatusObject } from '@grpc/grpc-js'
import { systemClock } from '@perun-watcher/core/system'
import type { AcceptedConnection, Connection } from '@perun-watcher/protocol/adapter'
import { onTestFinished } from 'vitest'
import {
  type GrpcConnectorOptions,
  type GrpcServer,
  type GrpcServerOptions,
  generateTlsKeys,
  grpcConnector,
  grpcServer,
  publicKeyHashOf,
  type ServerSecurity,
  type TlsKeys,
} from '../../src/index.ts'
import { connectPath } from '../../src/stream/method.ts'

/** With the names that other clients of gRPC look for. */
export const serverKeys = generateTlsKeys({ names: ['127.0.0.1', 'localhost'] })

export const serverKey = publicKeyHashOf(serverKeys.certificate)

export const everybody: ServerSecurity = { keys: serverKeys, authorise: () => true }

export interface World {
  readonly server: GrpcServer
  readonly address: string
  /** The next connection that the server gets. */
  accepted(): Promise<AcceptedConnection>
}

/** A server on a free port of loopback, or where the options say; closed at the end of the test. */
export async function serve(options: Partial<GrpcServerOptions> = {}): Promise<World> {
  const server = await grpcServer({ addresses: '127.0.0.1:0', security: everybody, clock: systemClock, ...options })
  onTestFinished(() => server.close())
  const iterator = server[Symbol.asyncIterator]()
  const [address] = server.addresses
  if (address === undefined) throw new Error('the server listens nowhere')
  return {
    server,
    address,
    async accepted() {
      const { value, done } = await iterator.next()
      if (done === true) throw new Error('the server ended')
      return value
    },
  }
}

interface Dialling extends Partial<GrpcConnectorOptions> {
  readonly keys?: TlsKeys
}

/** Connects with fresh keys, or those of the options; closed at the end of the test. */
export async function dial(address: string, { keys, ...options }: Dialling = {}): Promise<Connection> {
  const security = { serverKey, keys: keys ?? generateTlsKeys() }
  const connection = await grpcConnector({ address, security, clock: systemClock, ...options })({})
  onTestFinished(() => connection[Symbol.asyncDispose]())
  return connection
}

interface Pair {
  readonly client: Connection
  readonly server: Connection
}

/** Both ends of one connection. */
export async function pair(world: World, dialling: Dialling = {}): Promise<Pair> {
  const [client, { connection }] = await Promise.all([dial(world.address, dialling), world.accepted()])
  return { client, server: connection }
}

/** Sends a message both ways: the world is still in order for this pair. */
export async function talk({ client, server }: Pair): Promise<void> {
  for (const [from, to] of [[client, server] as const, [server, client] as const]) {
    const [, message] = await Promise.all([from.send(Uint8Array.of(1, 2, 3)), to.receive()])
    if (message === undefined || Buffer.compare(message, Uint8Array.of(1, 2, 3)) !== 0) throw new Error('no talk')
  }
}

/** A client as other programs make it: gRPC's own credentials, nothing of ours. Closed at the end of the test. */
export function stranger(address: string, keys?: TlsKeys, authority = serverKeys.certificate): Client {
  const pem = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text))
  const security = credentials.createSsl(pem(authority), pem(keys?.privateKey), pem(keys?.certificate))
  const client = new Client(address, security, {
    'grpc.ssl_target_name_override': 'localhost',
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_http_proxy': 0,
  })
  onTestFinished(() => client.close())
  return client
}

export interface StrangeCall {
  readonly call: ClientDuplexStream<Buffer, Buffer>
  readonly ended: Promise<StatusObject>
}

const bytes = (message: Buffer): Buffer => message

/** Calls the method of a watcher and follows no rule. */
export function callWatcher(client: Client, headers: Readonly<Record<string, string>> = {}): StrangeCall {
  const metadata = new Metadata()
  for (const [key, value] of Object.entries(headers)) metadata.set(key, value)
  const call = client.makeBidiStreamRequest(connectPath, bytes, bytes, metadata)
  call.on('error', () => {})
  // Not `once`, which rejects when an error is told before the status.
  const ended = new Promise<StatusObject>((resolve) => call.on('status', resolve))
  onTestFinished(() => call.cancel())
  return { call, ended }
}

/** One that opened its connection correctly, so far. */
export async function openedStranger(world: World): Promise<StrangeCall & { readonly server: Connection }> {
  const strange = callWatcher(stranger(world.address, generateTlsKeys()))
  const [{ connection }] = await Promise.all([world.accepted(), once(strange.call, 'metadata')])
  return { ...strange, server: connection }
}
