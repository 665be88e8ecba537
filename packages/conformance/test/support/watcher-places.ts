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
import { type MemoryTransport, memoryTransport, remoteWatcher, serveWatcher } from '@perun-watcher/protocol'
import { localWatcher } from '@perun-watcher/transport-local'

/** An engine that can die, and be followed by another with its store and its ledger. */
function mortalEngine() {
  const [chain, store] = [modelChain(), memoryStore()]
  const clientName = (client: number): ClientName => parseClientName(`client-${client}`)
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
  return { chain, store, clientName, start, die }
}

export async function localPlace(): Promise<WatcherPlace> {
  const { chain, store, clientName, start, die } = mortalEngine()
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

/** Over the wire, in one process. */
export async function remotePlace(): Promise<WatcherPlace> {
  const { chain, store, clientName, start, die } = mortalEngine()
  let served = await serve()
  const clients = new Map<number, { readonly watcher: Watcher; die(): Promise<void> }>()

  async function serve(): Promise<{ readonly transport: MemoryTransport; end(): Promise<void> }> {
    const transport = memoryTransport()
    const server = serveWatcher(await start(), transport.accepted, { ledgerId: chain.ledgerId, clock: systemClock })
    return {
      transport,
      async end() {
        transport.close()
        transport.cut()
        await die()
        await server.close()
      },
    }
  }

  function client(number: number): { readonly watcher: Watcher; die(): Promise<void> } {
    let isDead = false
    const watcher = remoteWatcher({
      async connect(options) {
        if (isDead) throw new WatcherError('CONNECTION_LOST', 'This client crashed.')
        return await served.transport.connect(clientName(number))(options)
      },
      clock: systemClock,
      random: systemRandom,
      reconnect: { firstDelayMs: 1, longestDelayMs: 10 },
    })
    return {
      watcher,
      async die() {
        isDead = true
        served.transport.cut(clientName(number))
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
      await served.end()
      served = await serve()
    },
    async cut(number) {
      served.transport.cut(clientName(number))
    },
    async [Symbol.asyncDispose]() {
      for (const number of clients.keys()) await crash(number)
      await served.end()
    },
  }
}
