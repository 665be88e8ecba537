import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TransportPlace } from '@perun-watcher/conformance/transport'
import { systemClock } from '@perun-watcher/core/system'
import type { Connector } from '@perun-watcher/protocol/adapter'
import {
  type ClientSecurity,
  type CurveKeys,
  clientNameOf,
  generateCurveKeys,
  type ServerSecurity,
  zmqConnector,
  zmqServer,
} from '../../src/index.ts'
import { plainNameOf } from '../../src/security/security.ts'
import { parseEndpoint } from '../../src/settings/endpoint.ts'
import { type Target, tcpProxy } from './proxy.ts'
import { opening, rawClient } from './raw-client.ts'

export const wires = ['tcp with CURVE', 'ipc with CURVE', 'tcp in plain text', 'ipc in plain text'] as const
export type Wire = (typeof wires)[number]

/** Who is at a place: the server and any number of clients. */
interface Identities {
  readonly server: ServerSecurity
  client(number: number): ClientSecurity
  readonly place: Pick<TransportPlace, 'clientName'>
  impostor?(endpoint: string): (client: number) => Connector
}

/** A server and clients with a line between them that can be cut. */
export async function zmqPlace(wire: Wire): Promise<TransportPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'perun-zmq-'))
  const isIpc = wire.startsWith('ipc')
  const identities = wire.endsWith('CURVE') ? withCurve() : inPlainText()
  let target: Target | undefined
  const line = await tcpProxy(() => target, isIpc ? join(folder, 'line') : undefined)
  const endpoint = isIpc ? `ipc://${join(folder, 'line')}` : `tcp://127.0.0.1:${line.port}`

  return {
    async listen() {
      const server = await zmqServer({
        endpoints: isIpc ? `ipc://${join(folder, 'server')}` : 'tcp://127.0.0.1:*',
        security: identities.server,
        clock: systemClock,
      })
      target = targetOf(server.endpoints[0] ?? '')
      return server
    },
    connector: (client) => zmqConnector({ endpoint, security: identities.client(client), clock: systemClock }),
    ...identities.place,
    ...(identities.impostor === undefined ? {} : { impostor: identities.impostor(endpoint) }),
    async cut() {
      line.cut()
    },
    async [Symbol.asyncDispose]() {
      await line[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function targetOf(bound: string): Target {
  const endpoint = parseEndpoint(bound)
  if (endpoint.transport === 'ipc') return { path: endpoint.path }
  return { host: endpoint.host, port: Number(endpoint.port) }
}

function withCurve(): Identities {
  const curve = generateCurveKeys()
  const serverKey = curve.publicKey
  const clients = new Map<number, CurveKeys>()
  const known = new Set<string>()

  function keysOf(client: number): CurveKeys {
    const keys = clients.get(client) ?? generateCurveKeys()
    clients.set(client, keys)
    known.add(keys.publicKey)
    return keys
  }

  return {
    server: { curve, authorise: (publicKey) => known.has(publicKey) },
    client: (number) => ({ serverKey, keys: keysOf(number) }),
    place: { clientName: (number) => clientNameOf(keysOf(number).publicKey) },
    // Somebody whose own key is welcome says that he has the key of another.
    impostor: (endpoint) => (client) => async () => {
      const own = keysOf(-1)
      using raw = rawClient(endpoint, { serverKey, keys: own })
      const { publicKey } = keysOf(client)
      await raw.send(opening({ publicKey, secretKey: own.secretKey }, serverKey, raw.routingId))
      const answer = await raw.next()
      throw answer.kind === 'end' ? answer.reason : new Error(`the impostor is answered with ${answer.kind}`)
    },
  }
}

function inPlainText(): Identities {
  return {
    server: { plaintext: 'loopback' },
    client: (number) => ({ plaintext: 'loopback', client: `device-${number}` }),
    place: { clientName: (number) => plainNameOf(`device-${number}`) },
  }
}
