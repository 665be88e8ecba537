import type { TransportPlace } from '@perun-watcher/conformance/transport'
import type { WatcherPlace } from '@perun-watcher/conformance/watcher'
import {
  type ClientName,
  memoryStore,
  parseClientName,
  type Watcher,
  type WatcherEngine,
  WatcherError,
  watcherEngine,
} from '@perun-watcher/core'
import { systemClock, systemRandom } from '@perun-watcher/core/system'
import { modelChain } from '@perun-watcher/core/testing'
import { remoteWatcher, serveWatcher } from '@perun-watcher/protocol'
import type { AcceptedConnection } from '@perun-watcher/protocol/adapter'
import { localWatcher } from '@perun-watcher/transport-local'

/** An engine that can die, and be followed by another with its store and its ledger. */
function mortalEngine() {
  const [chain, store] = [modelChain(), memoryStore()]
  let engine: WatcherEngine | undefined

  async function start(): Promise<WatcherEngine> {
    const deps = { chain, store, clock: systemClock, random: systemRandom }
    const started = watcherEngine(deps, { refuteDepth: 0n })
    await started.start()
    engine = started
    return started
  }

  /** With what is under way. */
  async function die(): Promise<void> {
    await engine?.shutdown({ signal: AbortSignal.abort() }).catch(() => {})
  }
  return { chain, store, start, die }
}

export async function localPlace(): Promise<WatcherPlace> {
  const { chain, store, start, die } = mortalEngine()
  const clientName = (client: number): ClientName => parseClientName(`client-${client}`)
  let engine = await start()
  const watchers = new Map<number, Watcher>()

  return {
    chain,
    store,
    watcher(client) {
      const watcher = watchers.get(client) ?? localWatcher(engine, { client: clientName(client) })
      watchers.set(client, watcher)
      return watcher
    },
    async crash(client) {
      watchers.delete(client)
    },
    async restart() {
      await die()
      engine = await start()
      watchers.clear()
    },
    [Symbol.asyncDispose]: die,
  }
}

interface Served {
  /** Without a goodbye: no word of this engine reaches a client from here on. */
  die(): Promise<void>
}

interface RemoteClient {
  readonly watcher: Watcher
  die(): Promise<void>
}

/** Over the wire: one server and clients, at a place of this transport that can cut its connections. */
export async function remotePlace(transport: TransportPlace): Promise<WatcherPlace> {
  const { chain, store, start, die } = mortalEngine()
  let served = await serve()
  const clients = new Map<number, RemoteClient>()

  async function serve(): Promise<Served> {
    const listening = await transport.listen()
    const death = new AbortController()
    const server = serveWatcher(await start(), untilDeath(listening, death.signal), {
      ledgerId: chain.ledgerId,
      clock: systemClock,
    })
    return {
      async die() {
        death.abort()
        await transport.cut?.()
        await die()
        await server.close({ signal: death.signal }).catch(() => {})
        await listening[Symbol.asyncDispose]()
      },
    }
  }

  function client(number: number): RemoteClient {
    const connect = transport.connector(number)
    let isDead = false
    const watcher = remoteWatcher({
      async connect(options) {
        if (isDead) throw new WatcherError('CONNECTION_LOST', 'This client crashed.')
        return await connect(options)
      },
      clock: systemClock,
      random: systemRandom,
      reconnect: { firstDelayMs: 1, longestDelayMs: 10 },
    })
    return {
      watcher,
      async die() {
        isDead = true
        await transport.cut?.()
        await watcher.shutdown({ signal: AbortSignal.abort() }).catch(() => {})
      },
    }
  }

  async function crash(number: number): Promise<void> {
    await clients.get(number)?.die()
    clients.delete(number)
  }

  return {
    chain,
    store,
    watcher(number) {
      const known = clients.get(number) ?? client(number)
      clients.set(number, known)
      return known.watcher
    },
    crash,
    async restart() {
      await served.die()
      served = await serve()
    },
    async cut() {
      await transport.cut?.()
    },
    async [Symbol.asyncDispose]() {
      for (const number of clients.keys()) await crash(number)
      await served.die()
      await transport[Symbol.asyncDispose]()
    },
  }
}

/** Who comes later is not taken. */
async function* untilDeath(
  connections: AsyncIterable<AcceptedConnection>,
  death: AbortSignal,
): AsyncIterable<AcceptedConnection> {
  for await (const accepted of connections) {
    if (death.aborted) return
    yield accepted
  }
}
