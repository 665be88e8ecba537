import { setTimeout as pause } from 'node:timers/promises'
import type { Library } from '../nodes/library.ts'
import { watchBlocks } from '../rpc-proxy/block-watch.ts'
import { type RpcProxy, startRpcProxy } from '../rpc-proxy/rpc-proxy.ts'
import { upstream } from '../rpc-proxy/upstream.ts'
import type { Daemon } from '../world/daemon.ts'
import { startTestbed } from '../world/testbed.ts'
import { until } from '../world/until.ts'
import type { KnownPorts } from './descriptors.ts'
import { startLoad } from './load.ts'
import { type Numbers, observe } from './observe.ts'
import { type Grown, growthsIn, type Look, leftOver } from './verdict.ts'

export interface SoakOptions {
  readonly minutes: number
  readonly seed: number
  readonly clients: number
  readonly channelsOfEach: number
  readonly publishesPerSecond: number
  readonly library: Library
  readonly signal?: AbortSignal | undefined
  readonly onLook?: (look: Look, sentence: string) => void
}

export interface SoakResult {
  /** Sentences: broken promises, what grew, what was left over. */
  readonly violations: readonly string[]
  readonly growths: readonly Grown[]
  readonly looks: readonly Look[]
  readonly published: number
  readonly cheated: number
  readonly refuted: number
}

const looksOfRun = 60
const longestLookMs = 15_000

/** How long what clients leave behind may take to go. */
const settleMs = 30_000
const lookAgainMs = 500
/** Connections that were cut without a word are noticed within this time. */
const idleTimeout = '15s'

/** Uses a daemon for a long time in every way that clients have, and looks at what it holds meanwhile. */
export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  const { minutes, library, signal, onLook = () => {} } = options
  await using testbed = await startTestbed()
  const node = upstream(testbed.chain.devnet.rpcUrl)
  await using blocks = await watchBlocks(node)
  await using proxy = await startRpcProxy({ node, blocks })
  const chain = { library: JSON.stringify(library), rpc: JSON.stringify([proxy.httpUrl]), poll_interval: '"1s"' }
  await using daemon = await testbed.startDaemon({
    chain,
    http: { address: '"127.0.0.1:0"' },
    listen: { idle_timeout: JSON.stringify(idleTimeout) },
  })
  const metricsUrl = await metricsUrlOf(daemon)
  const look = (): Promise<Numbers> => observe(daemon, metricsUrl, portsOf(daemon, proxy, metricsUrl))
  const before = await look()
  const begun = performance.now()
  const minutesNow = (): number => (performance.now() - begun) / 60_000
  const looks: Look[] = []
  const everyMs = Math.min(longestLookMs, (minutes * 60_000) / looksOfRun)

  const done = await (async () => {
    await using load = await startLoad({ ...options, daemon, chain: testbed.chain })
    while (minutesNow() < minutes && !signal?.aborted) {
      await pause(everyMs)
      const seen = { minutes: minutesNow(), numbers: await look() }
      looks.push(seen)
      onLook(seen, `${load.published} published, ${load.refuted} of ${load.cheated} cheats refuted`)
    }
    return load
  })()
  const left = await leftBehind(before, look)
  const growths = growthsIn(looks)
  const grown = growths.filter(({ hasGrown }) => hasGrown)
  return {
    violations: [
      ...done.violations,
      ...grown.map(
        ({ name, from, to, perMinute }) => `${name} grew from ${from} to ${to}, ${perMinute.toFixed(1)} a minute`,
      ),
      ...left,
    ],
    growths,
    looks,
    published: done.published,
    cheated: done.cheated,
    refuted: done.refuted,
  }
}

/** What is left when all have gone, and does not go by itself. */
async function leftBehind(before: Numbers, look: () => Promise<Numbers>): Promise<readonly string[]> {
  const begun = performance.now()
  for (;;) {
    const left = leftOver(before, await look())
    if (left.length === 0 || performance.now() - begun > settleMs) return left
    await pause(lookAgainMs)
  }
}

/** Where the daemon says that its metrics are. */
async function metricsUrlOf({ log }: Daemon): Promise<string> {
  const address = await until('the address of the metrics', () => /"address":"(http:[^"]+)"/.exec(log.tail)?.[1])
  return `${address}/metrics`
}

const portOf = (url: string): number => Number(new URL(url).port)

function portsOf(daemon: Daemon, proxy: RpcProxy, metricsUrl: string): KnownPorts {
  return {
    own: { client: portOf(daemon.directEndpoint.replace('tcp:', 'http:')), metrics: portOf(metricsUrl) },
    remote: { node: portOf(proxy.httpUrl) },
  }
}
