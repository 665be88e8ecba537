import {
  type AdjudicatorEvent,
  type AdjudicatorLog,
  type ChainFact,
  type ClientName,
  hasCode,
  memoryStore,
  parseClientName,
  type Watch,
  type WatcherEngine,
  watcherEngine,
} from '@perun-watcher/core'
import {
  type ModelChain,
  ModelRevert,
  modelChain,
  registers,
  type TestChannel,
  testChannel,
} from '@perun-watcher/core/testing'
import { type RemoteWatcher, remoteWatcher, serveWatcher, type WatcherServer } from '../../src/index.ts'
import { type CrashingStore, crashingStore } from './crashing-store.ts'
import { type LossyTransport, lossyTransport } from './lossy-transport.ts'
import { type ManualClock, manualClock, settle } from './manual-clock.ts'

/** One process of the watcher. */
interface Daemon {
  readonly engine: WatcherEngine
  readonly server: WatcherServer
  readonly store: CrashingStore
  die(): void
}

/** One device, with what it has seen. */
export interface Device {
  readonly name: ClientName
  watcher: RemoteWatcher
  readonly watches: Map<TestChannel, Watch>
  readonly told: readonly AdjudicatorEvent[]
  /** Versions of publishes that were acknowledged. */
  readonly acknowledged: Map<TestChannel, bigint>
  readonly unexpected: readonly unknown[]
}

/** Several devices, their watcher, the ledger, and a network that comes and goes. */
export interface RemoteWorld {
  readonly clock: ManualClock
  readonly chain: ModelChain
  readonly network: LossyTransport
  readonly devices: readonly Device[]
  readonly channels: readonly TestChannel[]
  publish(device: number, channel: number): void
  /** A block, in which somebody registers an old state of this channel, if the contract takes it. */
  mine(cheatOn?: number): void
  crash(): Promise<void>
  restart(): Promise<void>
  /** The device loses its memory of everything but its newest acknowledged states. */
  reboot(device: number): Promise<void>
  /** Everything works again; resolves when nothing is left to do. */
  heal(): Promise<void>
  /** Every change of the adjudicator's records, in order. */
  logs(): Promise<readonly AdjudicatorLog[]>
  heldVersion(channel: TestChannel): Promise<bigint | undefined>
  close(): Promise<void>
}

const random = (): number => 0.5

export async function remoteWorld(sizes: {
  readonly devices: number
  readonly channels: number
}): Promise<RemoteWorld> {
  const clock = manualClock()
  const chain = modelChain({ finalityDepth: 2n })
  const store = memoryStore()
  const network = lossyTransport(clock)
  const channels = Array.from({ length: sizes.channels }, () => testChannel({ duration: 600n }))
  /** Of each channel, the newest version that somebody made. */
  const versions = new Map(channels.map((channel) => [channel, 0n]))
  let daemon = await begin()

  async function begin(): Promise<Daemon> {
    const ownStore = crashingStore(store)
    let isDead = false
    const ownChain = {
      ...chain,
      close: async () => {},
      register: (...args: Parameters<ModelChain['register']>) =>
        isDead ? new Promise<never>(() => {}) : chain.register(...args),
    }
    const engine = watcherEngine({ chain: ownChain, store: ownStore, clock, random }, { refuteDepth: 0n })
    await settled(engine.start())
    const server = serveWatcher(engine, network.open(), { ledgerId: chain.ledgerId, clock, limits: { eventWindow: 2 } })
    return {
      engine,
      server,
      store: ownStore,
      die() {
        isDead = true
        ownStore.crash()
      },
    }
  }

  function connect(name: ClientName): RemoteWatcher {
    return remoteWatcher({ connect: network.connect(name), clock, random, ledgerId: chain.ledgerId })
  }

  function device(index: number): Device & { readonly told: AdjudicatorEvent[]; readonly unexpected: unknown[] } {
    const name = parseClientName(`device-${index}`)
    return { name, watcher: connect(name), watches: new Map(), told: [], acknowledged: new Map(), unexpected: [] }
  }

  const devices = Array.from({ length: sizes.devices }, (_, index) => device(index))

  async function watchAll(each: (typeof devices)[number]): Promise<void> {
    for (const channel of channels) {
      const newest = channel.signed(each.acknowledged.get(channel) ?? 0n)
      const watch = await each.watcher.startWatching(newest)
      each.watches.set(channel, watch)
      void read(each, watch)
    }
  }

  /** Reads slowly, so that a reboot finds events that nobody has read. */
  async function read(each: (typeof devices)[number], { eventsSub }: Watch): Promise<void> {
    const { watcher } = each
    try {
      for await (const event of eventsSub) {
        // What a device that rebooted had in memory is gone.
        if (each.watcher !== watcher) return
        each.told.push(event)
        await clock.sleep(4_000)
      }
    } catch (error) {
      each.unexpected.push(error)
    }
  }

  async function settled(promise: Promise<unknown>): Promise<void> {
    let isDone = false
    const done = promise.finally(() => {
      isDone = true
    })
    done.catch(() => {})
    for (let turn = 0; turn < 500 && !isDone; turn++) await clock.advance(1_000)
    if (!isDone) throw new Error('still waiting after 500 s')
    await done
  }

  await settled(Promise.all(devices.map(watchAll)))

  function tryToMine(calls: Parameters<ModelChain['mine']>[0]): void {
    try {
      chain.mine(calls)
    } catch (error) {
      if (!(error instanceof ModelRevert)) throw error
      chain.mine()
    }
  }

  const pending = new Set<Promise<void>>()

  const at = <T>(list: readonly T[], index: number): T => {
    const item = list[index % list.length]
    if (item === undefined) throw new Error('nothing there')
    return item
  }

  const world: RemoteWorld = {
    clock,
    chain,
    network,
    devices,
    channels,
    publish(deviceIndex, channelIndex) {
      const who = at(devices, deviceIndex)
      const channel = at(channels, channelIndex)
      const version = (versions.get(channel) ?? 0n) + 1n
      versions.set(channel, version)
      const publishing = who.watches.get(channel)?.statesPub.publish(channel.signed(version))
      if (publishing === undefined) return
      const answer = publishing.then(
        () => void who.acknowledged.set(channel, max(version, who.acknowledged.get(channel) ?? 0n)),
        (error: unknown) => {
          // Another device was faster with a newer state, or this one rebooted.
          if (!hasCode(error, 'VERSION_STALE') && !hasCode(error, 'WATCHER_CLOSED')) who.unexpected.push(error)
        },
      )
      pending.add(answer)
      void answer.then(() => pending.delete(answer))
    },
    mine(cheatOn) {
      if (cheatOn === undefined) return chain.mine()
      const channel = at(channels, cheatOn)
      tryToMine({ calls: [registers(channel.signed((versions.get(channel) ?? 0n) / 2n))] })
    },
    async crash() {
      daemon.die()
      network.close()
      void daemon.server.close({ signal: AbortSignal.abort() }).catch(() => {})
      void daemon.engine.shutdown({ signal: AbortSignal.abort() }).catch(() => {})
      await settle()
      daemon = await begin()
    },
    async restart() {
      await settled(daemon.server.close({ signal: AbortSignal.abort() }).catch(() => {}))
      network.close()
      await settled(daemon.engine.shutdown({ signal: AbortSignal.abort() }).catch(() => {}))
      daemon = await begin()
    },
    async reboot(index) {
      const each = at(devices, index)
      await settled(each.watcher.shutdown({ signal: AbortSignal.abort() }).catch(() => {}))
      each.watcher = connect(each.name)
      await settled(watchAll(each))
    },
    async heal() {
      network.delayMs = 0
      await settled(Promise.all(pending))
      // Until everything is final and told.
      for (let block = 0; block < 8; block++) {
        chain.mine()
        await clock.advance(20_000)
      }
      await clock.advance(200_000)
    },
    async logs() {
      const { value } = await chain.subscribe({ fromBlock: 0n })[Symbol.asyncIterator]().next()
      return value?.type === 'block' ? value.added : []
    },
    async heldVersion(channel) {
      return (await store.load(channel.id))?.newest.state.version
    },
    async close() {
      await settled(Promise.all(devices.map(({ watcher }) => watcher.shutdown())))
      await settled(daemon.server.close())
      await settled(daemon.engine.shutdown({ signal: AbortSignal.abort() }).catch(() => {}))
    },
  }
  return world
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)

/** What the chain registered, each version once, in the order in which it was told for the first time. */
export function versionsOf(events: readonly AdjudicatorEvent[], finality: ChainFact['finality']): readonly bigint[] {
  const facts = events.filter((event) => event.type === 'registered' && event.finality === finality)
  return [...new Set(facts.flatMap((event) => ('version' in event ? [event.version] : [])))]
}
