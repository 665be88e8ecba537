import {
  clientNameOf,
  generateTlsKeys,
  grpcServer,
  parseTlsKeys,
  parseTokenHash,
  publicKeyHashOf,
  type ServerSecurity,
  type TokenLookup,
} from '@perun-watcher/transport-grpc'
import type { TlsMaker } from '../keys/own-keys.ts'
import { tokenClient } from '../keys/token-hashes.ts'
import type { TransportOptions, TransportPlan } from './client-transport.ts'

export { newClientToken } from '@perun-watcher/transport-grpc'

export const tlsMaker: TlsMaker = {
  generate: (names = []) => generateTlsKeys({ names }),
  parse: parseTlsKeys,
  publicKeyOf: publicKeyHashOf,
}

/** @throws WatcherError `OPTION_INVALID` */
export function grpcPlan(options: TransportOptions): TransportPlan {
  const { listen, keys, maxConnectionsPerClient, clock, logger } = options
  const security = securityOf(options)
  return {
    name: 'grpc',
    publicKey: keys.tls && publicKeyHashOf(keys.tls.certificate),
    async open() {
      const server = await grpcServer({
        addresses: listen.grpc_addresses,
        security,
        // Until the watcher is found to be ready.
        isServing: false,
        clock,
        logger,
        limits: {
          maxConnections: listen.max_connections,
          maxConnectionsPerClient,
          maxConnectionsPerAddress: listen.grpc_connections_per_address,
        },
      })
      return {
        name: 'grpc',
        addresses: server.addresses,
        stats: server.stats,
        tellReady: (isReady) => server.setServing(isReady),
        close: () => server.close(),
        [Symbol.asyncIterator]: () => server[Symbol.asyncIterator](),
      }
    },
  }
}

function securityOf({ listen, keys, admits, tokenHashOf }: TransportOptions): ServerSecurity {
  const tokens: TokenLookup | undefined =
    listen.grpc_tokens_file === undefined
      ? undefined
      : (client) => {
          const hash = tokenHashOf(tokenClient(client))
          return hash === undefined ? undefined : parseTokenHash(hash)
        }
  if (keys.tls === undefined) {
    return {
      plaintext: listen.grpc_security === 'plaintext-on-loopback' ? 'loopback' : 'anybody-can-read-and-change-messages',
      tokens,
    }
  }
  return { keys: keys.tls, authorise: (publicKey) => admits(clientNameOf(publicKey)), tokens }
}
