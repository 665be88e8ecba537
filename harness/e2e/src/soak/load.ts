import { setTimeout as pause } from 'node:timers/promises'
import { systemClock as clock, systemRandom as random } from '@perun-watcher/core/system'
import { type Dice, dice } from '@perun-watcher/harness-kit/dice'
import { remoteWatcher } from '@perun-watcher/protocol'
import { generateCurveKeys, parseCurveKeys, parseCurvePublicKey, zmqConnector } from '@perun-watcher/transport-zmq'
import type { Daemon } from '../world/daemon.ts'
import type { TestChain } from '../world/test-chain.ts'
import { until } from '../world/until.ts'
import { type SoakChannel, type SoakClient, soakClient } from './soak-client.ts'

/** What clients and cheats do to the daemon, for as long as it lasts. */
export interface Load extends AsyncDisposable {
  readonly published: number
  readonly cheated: number
  readonly refuted: number
  /** Sentences about promises that were broken. */
  readonly violations: readonly string[]
}

export interface LoadOptions {
  readonly daemon: Daemon
  readonly chain: TestChain
  readonly seed: number
  readonly clients: number
  readonly channelsOfEach: number
  /** Of all clients together. */
  readonly publishesPerSecond: number
}

/** Seconds of chain time to answer a cheat: no slow machine closes it. */
const windowSeconds = 600n
const cheatEveryMs = 3_000
const comeBackEveryMs = 4_000
const cutEveryMs = 20_000
/** A cheat that is not answered by then, with a whole window left at the beginning, never is. */
const patienceMs = 300_000

export async function startLoad(options: LoadOptions): Promise<Load> {
  const { daemon, seed, publishesPerSecond } = options
  const chance = dice(seed)
  const ended = new AbortController()
  const violations: string[] = []
  const following = new Set<Promise<void>>()
  let cheated = 0
  let refuted = 0
  const clients = await Promise.all(
    Array.from({ length: options.clients }, (_, index) => newClient(options, chance.fork(`client ${index}`))),
  )

  /** Until the end; whatever goes wrong meanwhile is a broken promise. */
  async function repeat(everyMs: number, what: string, work: () => Promise<void> | void): Promise<void> {
    while (!ended.signal.aborted) {
      await pause(everyMs, undefined, { signal: ended.signal }).catch(() => {})
      if (ended.signal.aborted) return
      await Promise.resolve(work()).catch((error: unknown) => violations.push(`${what}: ${String(error)}`))
    }
  }

  /** An old state of a channel by chance; when it is refuted, the channel gives way to another one. */
  async function cheat(): Promise<void> {
    const client = chance.pick(clients)
    const found = client.channels.filter(({ acknowledged }) => acknowledged > 2n)
    if (found.length === 0) return
    const own = chance.pick(found)
    await own.freeze()
    await own.channel.cheat(1n)
    cheated += 1
    const followed = follow(client, own)
      .catch((error: unknown) => void violations.push(`after a cheat: ${String(error)}`))
      .finally(() => following.delete(followed))
    following.add(followed)
  }

  async function follow(client: SoakClient, own: SoakChannel): Promise<void> {
    const isRefuted = async (): Promise<true | undefined> =>
      (await own.channel.registered()) === own.acknowledged || undefined
    await until(`version ${own.acknowledged} on the chain`, isRefuted, patienceMs)
    refuted += 1
    if (!ended.signal.aborted) await client.replace(own)
  }

  const working = [
    ...clients.map((client) =>
      repeat((1_000 * clients.length) / publishesPerSecond, 'a publish', () => client.publish()),
    ),
    repeat(cheatEveryMs, 'a cheat', cheat),
    repeat(comeBackEveryMs, 'a client that comes back', () => chance.pick(clients).comeBack()),
    repeat(cutEveryMs, 'a cut', () => (chance.chance(0.5) ? daemon.proxy.cut() : daemon.proxy.stall())),
  ]
  return {
    get published() {
      return clients.reduce((sum, client) => sum + client.published, 0)
    },
    get cheated() {
      return cheated
    },
    get refuted() {
      return refuted
    },
    violations,
    async [Symbol.asyncDispose]() {
      ended.abort()
      await Promise.all([...working, ...following])
      await Promise.all(clients.map((client) => client.end()))
    },
  }
}

function newClient({ daemon, chain, channelsOfEach }: LoadOptions, own: Dice): Promise<SoakClient> {
  const keys = parseCurveKeys(generateCurveKeys())
  const security = { serverKey: parseCurvePublicKey(daemon.publicKey), keys }
  const reconnect = { firstDelayMs: 100, longestDelayMs: 2_000 }
  return soakClient({
    dice: own,
    channels: channelsOfEach,
    openChannel: () => chain.openChannel(windowSeconds),
    connect: () =>
      remoteWatcher({
        connect: zmqConnector({ endpoint: daemon.endpoint, security, clock }),
        clock,
        random,
        reconnect,
      }),
  })
}
