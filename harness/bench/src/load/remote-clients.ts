import type { Logger } from '@perun-watcher/core'
import { silentLogger } from '@perun-watcher/core/adapter'
import { systemClock, systemRandom } from '@perun-watcher/core/system'
import { type RemoteWatcher, remoteWatcher } from '@perun-watcher/protocol'
import type { ServerAddress } from '../world/served-watcher.ts'
import { connectorTo } from './connector.ts'

/** Clients as devices have them: each with keys, a socket and a connection of its own. */
export interface RemoteClients extends AsyncDisposable {
  readonly all: readonly RemoteWatcher[]
}

/** Whoever has to try again spoils the figures: that must be seen. */
const logger: Logger = {
  ...silentLogger,
  warn: (message, fields) => void process.stderr.write(`  ${message} ${JSON.stringify(fields)}\n`),
}

/** Handshakes at a time: a server turns away what waits too long. */
const handshakes = 50

export async function remoteClients(address: ServerAddress, count: number): Promise<RemoteClients> {
  const all: RemoteWatcher[] = []
  while (all.length < count) {
    const next = Array.from({ length: Math.min(handshakes, count - all.length) }, () => remoteClient(address))
    all.push(...next)
    await Promise.all(next.map((each) => each.connected()))
  }
  return {
    all,
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((each) => each.shutdown()))
    },
  }
}

function remoteClient(address: ServerAddress): RemoteWatcher {
  return remoteWatcher({ connect: connectorTo(address), clock: systemClock, random: systemRandom, logger })
}
