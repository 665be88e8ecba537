import type { WatcherEngine } from '@perun-watcher/core'
import { systemClock as clock, systemRandom as random } from '@perun-watcher/core/system'
import { type RemoteWatcher, remoteWatcher, serveWatcher } from '@perun-watcher/protocol'
import { grpcConnector, grpcServer, type PublicKeyHash, type TlsKeys } from '@perun-watcher/transport-grpc'

/** The watcher: listens for the clients whose public keys it was given. */
export async function serve(
  engine: WatcherEngine,
  address: string,
  keys: TlsKeys,
  clients: ReadonlySet<PublicKeyHash>,
): Promise<AsyncDisposable> {
  const security = { keys, authorise: (key: PublicKeyHash) => clients.has(key) }
  const connections = await grpcServer({ addresses: address, security, clock })
  const server = serveWatcher(engine, connections, { ledgerId: 'my ledger', clock })
  return {
    async [Symbol.asyncDispose]() {
      await server.close()
      await connections.close()
    },
  }
}

/** A device: needs the address and the public key of its watcher, and a certificate of its own. */
export function device(address: string, serverKey: PublicKeyHash, keys: TlsKeys): RemoteWatcher {
  const connect = grpcConnector({ address, security: { serverKey, keys }, clock })
  return remoteWatcher({ connect, clock, random })
}
