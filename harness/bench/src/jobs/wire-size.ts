import { remoteClients } from '../load/remote-clients.ts'
import { countingProxy } from '../world/counting-proxy.ts'
import type { ServerAddress } from '../world/served-watcher.ts'
import { signedChannel } from '../world/signed-channel.ts'

const publishes = 50

/** What a publish and its acknowledgement put on the wire, ZeroMQ and CURVE included; an average over many. */
export async function wireSize(address: ServerAddress): Promise<Readonly<Record<string, number>>> {
  using proxy = await countingProxy(address.endpoint)
  await using clients = await remoteClients({ ...address, endpoint: proxy.endpoint }, 1)
  const [client] = clients.all
  if (client === undefined) throw new Error('There is no client.')
  const channel = signedChannel(0)
  const { statesPub } = await client.startWatching(channel.signed(0n))
  await statesPub.publish(channel.signed(1n))
  const { toServer, toClient } = proxy
  for (let version = 2; version < 2 + publishes; version++) await statesPub.publish(channel.signed(BigInt(version)))
  return {
    toServer: (proxy.toServer - toServer) / publishes,
    toClient: (proxy.toClient - toClient) / publishes,
  }
}
