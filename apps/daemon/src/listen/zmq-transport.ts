import {
  clientNameOf,
  generateCurveKeys,
  parseCurveKeys,
  type ServerSecurity,
  zmqServer,
} from '@perun-watcher/transport-zmq'
import type { CurvePair } from '../keys/curve-key-file.ts'
import type { TransportOptions, TransportPlan } from './client-transport.ts'

export const newCurvePair = (): CurvePair => generateCurveKeys()

/** @throws WatcherError `OPTION_INVALID` */
export function zmqPlan(options: TransportOptions): TransportPlan {
  const { listen, keys, maxConnectionsPerClient, clock, logger } = options
  const security = securityOf(options)
  return {
    name: 'zmq',
    publicKey: keys.curve?.publicKey,
    async open() {
      const server = await zmqServer({
        endpoints: listen.endpoints,
        security,
        clock,
        logger,
        limits: { maxConnections: listen.max_connections, maxConnectionsPerClient },
      })
      return {
        name: 'zmq',
        addresses: server.endpoints,
        stats: server.stats,
        close: () => server.close(),
        [Symbol.asyncIterator]: () => server[Symbol.asyncIterator](),
      }
    },
  }
}

function securityOf({ listen, keys, admits }: TransportOptions): ServerSecurity {
  if (keys.curve === undefined) {
    return {
      plaintext: listen.security === 'plaintext-on-loopback' ? 'loopback' : 'anybody-can-read-and-change-messages',
    }
  }
  return { curve: parseCurveKeys(keys.curve), authorise: (publicKey) => admits(clientNameOf(publicKey)) }
}
