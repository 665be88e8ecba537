import { viemBackend } from '@perun-watcher/chain-viem'
import { parseClientName, watcherEngine } from '@perun-watcher/core'
import { systemClock, systemRandom } from '@perun-watcher/core/system'
import { type Devnet, startDevnet } from '@perun-watcher/devnet'
import { temporaryFolder } from '@perun-watcher/harness-kit/temporary-folder'
import { lmdbStore } from '@perun-watcher/store-lmdb'
import { createPublicClient, custom } from 'viem'
import { median, percentile } from '../measure/numbers.ts'
import { jsonRpcClient } from '../world/json-rpc-client.ts'
import { payingAccounts } from '../world/paying-accounts.ts'
import { singleCheats } from '../world/single-cheats.ts'
import type { BenchArguments } from './arguments.ts'
import type { JobRunner } from './job-runner.ts'
import { scale } from './scale.ts'

type Figures = Readonly<Record<string, number>>

export interface BlocksResult {
  readonly figures: Figures
  readonly reference: Figures
  readonly ratios: Figures
}

/** Each look for a new block costs a request; the answer to a cheat must not be measured as the wait for a look. */
const pollIntervalMs = 5

/** Bare requests that are timed, one after the other. */
const roundTrips = 200

async function bareRoundTrip({ rpcUrl }: Devnet): Promise<number> {
  const node = jsonRpcClient(rpcUrl, { takesOverrides: true })
  const times: number[] = []
  for (let count = 0; count < roundTrips; count++) {
    const began = performance.now()
    await node.request('eth_blockNumber', [])
    times.push(performance.now() - began)
  }
  return median(times)
}

/** Milliseconds from the block with an old state to the first request that hands a transaction to the node, one cheat at a time. */
async function reactions(devnet: Devnet, disputes: number): Promise<readonly number[]> {
  const cheats = await singleCheats(devnet, disputes)
  using place = temporaryFolder('bench-blocks')
  const store = lmdbStore({ path: place.path })
  const node = jsonRpcClient(devnet.rpcUrl, { takesOverrides: true })
  let onSent: (atMs: number) => void = () => {}
  const client = createPublicClient({
    chain: devnet.client.chain,
    transport: custom({
      async request({ method, params }: { readonly method: string; readonly params?: readonly unknown[] }) {
        if (method === 'eth_sendRawTransaction') onSent(performance.now())
        return await node.request(method, params ?? [])
      },
    }),
  })
  const account = await payingAccounts(devnet, 1)
  const { adjudicator } = devnet.contracts
  const chain = viemBackend({ client, account, adjudicator, journal: store, pollIntervalMs })
  const deps = { chain, store, clock: systemClock, random: systemRandom }
  // What is waited for on purpose, so that a dispute settles in the chain, is not measured.
  await using engine = watcherEngine(deps, { refuteDepth: 0n })
  await engine.start()
  const times: number[] = []
  for (const { newest, cheat } of cheats) {
    await engine.startWatching(newest, { push() {}, end() {} }, { client: parseClientName('bench') })
    await cheat()
    const sent = new Promise<number>((resolve) => {
      onSent = resolve
    })
    const mined = performance.now()
    await devnet.anvil.mine()
    times.push((await sent) - mined)
    await devnet.anvil.mine()
  }
  return times
}

/** What a block without any event of ours costs, and how soon an old state is answered. */
export async function blocks(
  jobs: JobRunner,
  options: BenchArguments['blocks'],
  say: (text: string) => void,
): Promise<BlocksResult> {
  const { reference: ofOne, figures } = await scale(jobs, { ...options, channels: [options.channels] }, say)
  const [ofMany = {}] = figures
  say('answers old states, one by one')
  await using devnet = await startDevnet({ automine: false })
  const times = await reactions(devnet, options.disputes)
  const roundTripMs = await bareRoundTrip(devnet)
  const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)]
  const named = (from: Figures, name: string): number => from[name] ?? Number.NaN
  return {
    figures: {
      channels: options.channels,
      callsPerBlock: named(ofMany, 'rpcCallsPerBlock'),
      cpuMsPerBlock: named(ofMany, 'cpuMsPerBlock'),
      reactionP50Ms: p50,
      reactionP99Ms: p99,
    },
    reference: {
      channels: 1,
      callsPerBlock: named(ofOne, 'rpcCallsPerBlock'),
      cpuMsPerBlock: named(ofOne, 'cpuMsPerBlock'),
      roundTripMs,
    },
    ratios: {
      callsPerBlockToOneChannel: named(ofMany, 'rpcCallsPerBlock') / named(ofOne, 'rpcCallsPerBlock'),
      cpuPerBlockToOneChannel: named(ofMany, 'cpuMsPerBlock') / named(ofOne, 'cpuMsPerBlock'),
      reactionP50InRoundTrips: p50 / roundTripMs,
      reactionP99InRoundTrips: p99 / roundTripMs,
    },
  }
}
