import { Client, credentials, Metadata } from '@grpc/grpc-js'
import { type Clock, WatcherError } from '@perun-watcher/core'
import { raceSignal, timeLimit } from '@perun-watcher/core/internal'
import type { Connection, ConnectionLimits, Connector, GivenLimits } from '@perun-watcher/protocol/adapter'
import { type ClientSecurity, checkClientSecurity } from '../security/security.ts'
import { addressText, parseAddress, targetOf, unusable } from '../settings/address.ts'
import { parseConnectionLimits } from '../settings/limits.ts'
import { metadataKeys } from '../stream/metadata-keys.ts'
import { openConnection } from './open-connection.ts'
import { TlsCredentials } from './tls-credentials.ts'

export interface GrpcConnectorOptions {
  /** The watcher: `host:port` or `[IPv6]:port`. */
  readonly address: string
  readonly security: ClientSecurity
  readonly limits?: GivenLimits<ConnectionLimits> | undefined
  readonly clock: Clock
}

/**
 * Connects `remoteWatcher` to its watcher over gRPC.
 *
 * @throws WatcherError `OPTION_INVALID`, `PLAINTEXT_REFUSED` or `ADDRESS_UNUSABLE`. The connector itself: `CONNECTION_LOST`
 *   if the watcher cannot be reached or has another key, `CONNECTION_REFUSED` if it does not admit the client, or the error
 *   with which the watcher ended the connection.
 */
export function grpcConnector(options: GrpcConnectorOptions): Connector {
  const { clock } = options
  const limits = parseConnectionLimits(options.limits)
  const address = parseAddress(options.address)
  if (address.port === 0 || address.host === '0.0.0.0' || address.host === '::') {
    throw unusable(options.address, 'A client needs the host and the port of its watcher.')
  }
  const security = checkClientSecurity(options.security, address)
  const text = addressText(address)
  const limit = timeLimit(clock, limits.openTimeoutMs)
  const expired = (): WatcherError =>
    new WatcherError('CONNECTION_LOST', 'The watcher did not answer in time.', {
      details: [`Address ${text}.`, `Waited ${limits.openTimeoutMs} ms.`],
    })

  function newClient(signal: AbortSignal, onFailure: (error: unknown) => void): Client {
    const channel =
      'plaintext' in security
        ? credentials.createInsecure()
        : new TlsCredentials({ address, security, signal, onFailure })
    return new Client(targetOf(address), channel, {
      'grpc.max_receive_message_length': limits.maxMessageBytes,
      'grpc.keepalive_time_ms': limits.heartbeatMs,
      'grpc.keepalive_timeout_ms': limits.heartbeatMs,
      // Trying again is up to the caller, who knows what was acknowledged.
      'grpc.enable_retries': 0,
      // Each connection has its own socket: one that is not read holds up no other.
      'grpc.use_local_subchannel_pool': 1,
      // Only the address that was given, whatever the environment says.
      'grpc.enable_http_proxy': 0,
      'grpc.service_config_disable_resolution': 1,
      'grpc.enable_channelz': 0,
    })
  }

  return async ({ signal }) => {
    signal?.throwIfAborted()
    let whyNot: unknown
    const attempt = new AbortController()
    const client = newClient(attempt.signal, (error) => {
      whyNot = error
    })
    const metadata = headersOf(security, limits)
    const open = (): Promise<Connection> =>
      openConnection({ client, metadata, address: text, whyNot: () => whyNot, clock, signal: attempt.signal })
    try {
      return await raceSignal(limit.run(open, expired), signal)
    } catch (error) {
      attempt.abort(error)
      client.close()
      throw error
    }
  }
}

function headersOf(security: ClientSecurity, limits: ConnectionLimits): Metadata {
  const metadata = new Metadata()
  metadata.set(metadataKeys.maxMessageBytes, String(limits.maxMessageBytes))
  if (security.token !== undefined) metadata.set(metadataKeys.authorization, `Bearer ${security.token}`)
  else if ('client' in security) metadata.set(metadataKeys.client, security.client)
  return metadata
}
