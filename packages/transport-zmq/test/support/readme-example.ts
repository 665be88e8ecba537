import type { WatcherEngine } from '@perun-watcher/core'
import { systemClock as clock, systemRandom as random } from '@perun-watcher/core/system'
import { type RemoteWatcher, remoteWatcher, serveWatcher } from '@perun-watcher/protocol'
import { type CurveKeys, type CurvePublicKey, zmqConnector, zmqServer } from '@perun-watcher/transport-zmq'

/** The watcher: listens for the clients whose public keys it was given. */
export async function serve(
  engine: WatcherEngine,
  endpoint: string,
  keys: CurveKeys,
  clients: ReadonlySet<CurvePublicKey>,
): Promise<AsyncDisposable> {
  const security = { curve: keys, authorise: (key: CurvePublicKey) => clients.has(key) }
  const connections = await zmqServer({ endpoints: endpoint, security, clock })
  const server = serveWatcher(engine, connections, { ledgerId: 'my ledger', clock })
  return {
    async [Symbol.asyncDispose]() {
      await server.close()
      await connections.close()
    },
  }
}

/** A device: needs the address and the public key of its watcher, and a pair of keys of its own. */
export function device(endpoint: string, serverKey: CurvePublicKey, keys: CurveKeys): RemoteWatcher {
  const connect = zmqConnector({ endpoint, security: { serverKey, keys }, clock })
  return remoteWatcher({ connect, clock, random })
}
