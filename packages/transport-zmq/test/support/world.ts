import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@perun-watcher/core/system'
import type { AcceptedConnection, Connection } from '@perun-watcher/protocol/adapter'
import { onTestFinished } from 'vitest'
import {
  type CurveKeys,
  generateCurveKeys,
  type ServerSecurity,
  type ZmqConnectorOptions,
  type ZmqServer,
  type ZmqServerOptions,
  zmqConnector,
  zmqServer,
} from '../../src/index.ts'
import { opening, type RawClient, rawClient } from './raw-client.ts'

export const serverKeys = generateCurveKeys()

export const everybody: ServerSecurity = { curve: serverKeys, authorise: () => true }

export interface World {
  readonly server: ZmqServer
  readonly endpoint: string
  /** The next connection that the server gets. */
  accepted(): Promise<AcceptedConnection>
}

/** A server on a free port of loopback, or where the options say; closed at the end of the test. */
export async function serve(options: Partial<ZmqServerOptions> = {}): Promise<World> {
  const server = await zmqServer({
    endpoints: 'tcp://127.0.0.1:*',
    security: everybody,
    clock: systemClock,
    ...options,
  })
  onTestFinished(() => server.close())
  const iterator = server[Symbol.asyncIterator]()
  const [endpoint] = server.endpoints
  if (endpoint === undefined) throw new Error('the server listens nowhere')
  return {
    server,
    endpoint,
    async accepted() {
      const { value, done } = await iterator.next()
      if (done === true) throw new Error('the server ended')
      return value
    },
  }
}

interface Dialling extends Partial<ZmqConnectorOptions> {
  readonly keys?: CurveKeys
}

/** Connects with fresh keys, or those of the options; closed at the end of the test. */
export async function dial(endpoint: string, { keys, ...options }: Dialling = {}): Promise<Connection> {
  const connect = zmqConnector({
    endpoint,
    security: { serverKey: serverKeys.publicKey, keys: keys ?? generateCurveKeys() },
    clock: systemClock,
    ...options,
  })
  const connection = await connect({})
  onTestFinished(() => connection[Symbol.asyncDispose]())
  return connection
}

interface Pair {
  readonly client: Connection
  readonly server: Connection
}

/** Both ends of one connection. */
export async function pair(world: World, dialling: Dialling = {}): Promise<Pair> {
  const [client, { connection }] = await Promise.all([dial(world.endpoint, dialling), world.accepted()])
  return { client, server: connection }
}

/** Sends a message both ways: the world is still in order for this pair. */
export async function talk({ client, server }: Pair): Promise<void> {
  for (const [from, to] of [[client, server] as const, [server, client] as const]) {
    const [, message] = await Promise.all([from.send(Uint8Array.of(1, 2, 3)), to.receive()])
    if (message === undefined || Buffer.compare(message, Uint8Array.of(1, 2, 3)) !== 0) throw new Error('no talk')
  }
}

interface RawJoining {
  readonly keys?: CurveKeys
  readonly routingId?: Buffer
}

/** A client that follows no rules; closed at the end of the test. */
export function intruder(endpoint: string, { keys = generateCurveKeys(), ...options }: RawJoining = {}): RawClient {
  const raw = rawClient(endpoint, { serverKey: serverKeys.publicKey, keys, ...options })
  onTestFinished(() => raw[Symbol.dispose]())
  return raw
}

/** One that opened its connection correctly, so far. */
export async function openedIntruder(world: World): Promise<{ raw: RawClient; server: Connection }> {
  const keys = generateCurveKeys()
  const raw = intruder(world.endpoint, { keys })
  await raw.send(opening(keys, serverKeys.publicKey, raw.routingId))
  const { connection } = await world.accepted()
  await raw.next()
  return { raw, server: connection }
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'perun-zmq-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}
