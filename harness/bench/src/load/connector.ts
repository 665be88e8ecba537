import { systemClock } from '@perun-watcher/core/system'
import type { Connector } from '@perun-watcher/protocol/adapter'
import { generateCurveKeys, parseCurvePublicKey, zmqConnector } from '@perun-watcher/transport-zmq'
import type { ServerAddress } from '../world/served-watcher.ts'

/** How a client with keys of its own gets to the server. */
export function connectorTo({ endpoint, publicKey }: ServerAddress): Connector {
  const security = { serverKey: parseCurvePublicKey(publicKey), keys: generateCurveKeys() }
  return zmqConnector({ endpoint, security, clock: systemClock })
}
