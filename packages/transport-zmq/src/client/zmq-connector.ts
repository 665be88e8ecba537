import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { type Clock, WatcherError } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import { raceSignal, timeLimit } from '@perun-watcher/core/internal'
import type { Connection, ConnectionLimits, Connector, GivenLimits } from '@perun-watcher/protocol/adapter'
import { keyBytes } from '../security/curve-keys.ts'
import { openProof, routingIdBytes } from '../security/proof.ts'
import { type ClientSecurity, checkClientSecurity } from '../security/security.ts'
import { type Endpoint, endpointText, isIPv6Endpoint, parseEndpoint, unusable } from '../settings/endpoint.ts'
import { parseConnectionLimits } from '../settings/limits.ts'
import type { NamedDealer } from '../socket/named-dealer.ts'
import { clientSocket } from './client-socket.ts'
import { openConnection } from './open-connection.ts'

export interface ZmqConnectorOptions {
  /** The watcher: `tcp://host:port` or `ipc:///path`. */
  readonly endpoint: string
  readonly security: ClientSecurity
  readonly limits?: GivenLimits<ConnectionLimits> | undefined
  readonly clock: Clock
}

/**
 * Connects `remoteWatcher` to its watcher over ZeroMQ.
 *
 * @throws WatcherError `OPTION_INVALID`, `PLAINTEXT_REFUSED` or `ADDRESS_UNUSABLE`. The connector itself: `CONNECTION_LOST`
 *   if the watcher cannot be reached, `CONNECTION_REFUSED` if it does not authorise the public key, or the error with which
 *   the watcher ended the connection.
 */
export function zmqConnector(options: ZmqConnectorOptions): Connector {
  const limits = parseConnectionLimits(options.limits)
  const endpoint = parseEndpoint(options.endpoint)
  if (endpoint.transport === 'tcp' && (endpoint.port === '*' || endpoint.port === '0' || endpoint.host === '*')) {
    throw unusable(options.endpoint, 'A client needs the host and the port of its watcher.')
  }
  const security = checkClientSecurity(options.security, endpoint)
  const limit = timeLimit(options.clock, limits.openTimeoutMs)
  const expired = (): WatcherError =>
    new WatcherError('CONNECTION_LOST', 'The watcher did not answer in time.', {
      details: [`Address ${endpointText(endpoint)}.`, `Waited ${limits.openTimeoutMs} ms.`],
    })

  async function open(attempt: AbortSignal, use: (socket: NamedDealer) => void): Promise<Connection> {
    const reachable = await resolved(endpoint)
    attempt.throwIfAborted()
    const routingId = newRoutingId()
    const socket = clientSocket(routingId, security, limits, isIPv6Endpoint(reachable))
    use(socket)
    const credentials = credentialsOf(security, routingId)
    const { maxMessageBytes } = limits
    const { clock } = options
    return openConnection({ socket, address: endpointText(reachable), credentials, maxMessageBytes, clock })
  }

  return async ({ signal }) => {
    const attempt = new AbortController()
    let socket: NamedDealer | undefined
    const use = (made: NamedDealer): void => {
      socket = made
    }
    try {
      signal?.throwIfAborted()
      const opening = limit.run(() => open(attempt.signal, use), expired)
      return await raceSignal(opening, signal)
    } catch (error) {
      attempt.abort(error)
      socket?.close()
      throw error
    }
  }
}

/** Host names are resolved here, because libzmq would block on it and fail without an error. */
async function resolved(endpoint: Endpoint): Promise<Endpoint> {
  if (endpoint.transport === 'ipc' || isIP(endpoint.host) !== 0) return endpoint
  try {
    return { ...endpoint, host: (await lookup(endpoint.host)).address }
  } catch (error) {
    throw new WatcherError('CONNECTION_LOST', 'The name of the watcher could not be looked up.', {
      details: [`Address ${endpointText(endpoint)}.`],
      cause: toError(error),
    })
  }
}

function newRoutingId(): Buffer {
  const routingId = randomBytes(routingIdBytes)
  // libzmq reserves ids that start with a zero byte.
  if (routingId[0] === 0) routingId[0] = 1
  return routingId
}

function credentialsOf(security: ClientSecurity, routingId: Buffer): Uint8Array {
  if ('plaintext' in security) return Buffer.from(security.client)
  const { keys, serverKey } = security
  return Buffer.concat([keyBytes(keys.publicKey), openProof(keys, serverKey, routingId)])
}
