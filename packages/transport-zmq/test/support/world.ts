import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@perun-watcher/core/system'
import type { AcceptedConnection, Connection } from '@perun-watcher/protocol'
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

export const serverKeys = generateCurveKeys()

export interface World {
  readonly server: ZmqServer
  readonly endpoint: string
  /** The next connection that the server gets. */
  accepted(): Promise<AcceptedConnection>
}

export const curve: ServerSecurity = { curve: serverKeys, authorise: () => true }

/** A server on a free port of loopback, or where the options say; closed at the end of the test. */
export async function serve(options: Partial<ZmqServerOptions> = {}): Promise<World> {
  const server = await zmqServer({
    endpoints: 'tcp://127.0.0.1:*',
    security: curve,
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
  readonly signal?: AbortSignal
}

/** Connects with fresh keys, or those of the options; closed at the end of the test. */
export async function dial(endpoint: string, { keys, signal, ...options }: Dialling = {}): Promise<Connection> {
  const connection = await zmqConnector({
    endpoint,
    security: { serverKey: serverKeys.publicKey, keys: keys ?? generateCurveKeys() },
    clock: systemClock,
    ...options,
  })({ signal })
  onTestFinished(() => connection[Symbol.asyncDispose]())
  return connection
}

/** Both ends of one connection. */
export async function pair(world: World, dialling: Dialling = {}): Promise<{ client: Connection; server: Connection }> {
  const [client, { connection }] = await Promise.all([dial(world.endpoint, dialling), world.accepted()])
  return { client, server: connection }
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'perun-zmq-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export const text = (message: string): Uint8Array => new TextEncoder().encode(message)
export const read = async (connection: Connection): Promise<string | undefined> => {
  const message = await connection.receive()
  return message === undefined ? undefined : new TextDecoder().decode(message)
}
