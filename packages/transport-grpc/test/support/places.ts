import type { TransportPlace } from '@perun-watcher/conformance/transport'
import { parseClientName } from '@perun-watcher/core'
import { systemClock } from '@perun-watcher/core/system'
import {
  type ClientSecurity,
  clientNameOf,
  generateTlsKeys,
  grpcConnector,
  grpcServer,
  newClientToken,
  publicKeyHashOf,
  type ServerSecurity,
  type TlsKeys,
} from '../../src/index.ts'
import { plainNameOf } from '../../src/security/security.ts'
import { parseAddress } from '../../src/settings/address.ts'
import { type Target, tcpProxy } from './proxy.ts'

export const wires = ['TLS with certificates', 'TLS with tokens', 'plain text'] as const
export type Wire = (typeof wires)[number]

/** Who is at a place: the server and any number of clients. */
interface Identities {
  readonly server: ServerSecurity
  client(number: number): ClientSecurity
  readonly clientName: TransportPlace['clientName']
  /** Somebody who is welcome, and does what he can to pass for another. */
  impostor?(number: number): ClientSecurity
}

/** A server and clients with a line between them that can be cut. */
export async function grpcPlace(wire: Wire): Promise<TransportPlace> {
  const identities = identitiesOf[wire]()
  let target: Target | undefined
  const line = await tcpProxy(() => target)
  const address = `127.0.0.1:${line.port}`
  const connect = (security: ClientSecurity) => grpcConnector({ address, security, clock: systemClock })
  const { impostor } = identities

  return {
    async listen() {
      const server = await grpcServer({ addresses: '127.0.0.1:0', security: identities.server, clock: systemClock })
      target = parseAddress(server.addresses[0] ?? '')
      return server
    },
    connector: (client) => connect(identities.client(client)),
    clientName: identities.clientName,
    ...(impostor === undefined ? {} : { impostor: (client) => connect(impostor(client)) }),
    async cut() {
      line.cut()
    },
    [Symbol.asyncDispose]: () => line[Symbol.asyncDispose](),
  }
}

/** What was made for a number before, or now. */
function perNumber<Value>(make: (number: number) => Value): (number: number) => Value {
  const made = new Map<number, Value>()
  return (number) => {
    const value = made.get(number) ?? make(number)
    made.set(number, value)
    return value
  }
}

const identitiesOf: Record<Wire, () => Identities> = {
  'TLS with certificates'() {
    const keys = generateTlsKeys()
    const serverKey = publicKeyHashOf(keys.certificate)
    const known = new Set<string>()
    const keysOf = perNumber((): TlsKeys => {
      const made = generateTlsKeys()
      known.add(publicKeyHashOf(made.certificate))
      return made
    })
    return {
      server: { keys, authorise: (publicKey) => known.has(publicKey) },
      client: (number) => ({ serverKey, keys: keysOf(number) }),
      clientName: (number) => clientNameOf(publicKeyHashOf(keysOf(number).certificate)),
    }
  },
  'TLS with tokens'() {
    const keys = generateTlsKeys()
    const serverKey = publicKeyHashOf(keys.certificate)
    const tokenOf = perNumber((number) => newClientToken(`device-${number}`))
    return {
      server: { keys, tokens: (client) => tokenOf(Number(client.slice('device-'.length))).hash },
      client: (number) => ({ serverKey, token: tokenOf(number).token }),
      clientName: (number) => parseClientName(`token:device-${number}`),
      impostor: (number) => ({ serverKey, token: newClientToken(`device-${number}`).token }),
    }
  },
  'plain text': () => ({
    server: { plaintext: 'loopback' },
    client: (number) => ({ plaintext: 'loopback', client: `device-${number}` }),
    clientName: (number) => plainNameOf(`device-${number}`),
  }),
}
