import { lmdbStore } from '@perun-watcher/store-lmdb'
import { fullLoad } from '../load/full-load.ts'
import { preparedPublishes, preparedStates, publishers } from '../load/publisher.ts'
import { type Cost, costOf, stopwatch } from '../measure/cost.ts'
import { memoryInUse } from '../measure/memory.ts'
import { median, percentile } from '../measure/numbers.ts'
import type { Report } from '../measure/report.ts'
import { ledgerId } from '../world/bench-backend.ts'
import { type BenchWatcher, benchWatcher } from '../world/bench-watcher.ts'
import { type QuietNode, quietNode } from '../world/quiet-node.ts'

/** Restarts a watcher over a filled store, lets blocks pass, and publishes. */
export interface GuardJob {
  readonly name: 'guard'
  readonly path: string
  readonly blocks: number
  /** Channels that publish at the same time, besides those in the store. */
  readonly active: number
  readonly versions: number
}

/** Reading all summaries and nothing else: what a restart cannot do without. */
async function readSummaries(path: string): Promise<Cost> {
  await using store = lmdbStore({ path })
  await store.open([ledgerId])
  return await costOf(async () => {
    for await (const _ of store.summaries()) {
      // Only read.
    }
  })
}

interface Passed {
  readonly cost: Cost
  /** Requests to the node, block by block. */
  readonly requests: readonly number[]
}

async function passBlocks(bench: BenchWatcher, node: QuietNode, blocks: number): Promise<Passed> {
  const requests: number[] = []
  const cost = await costOf(async () => {
    for (let block = 0; block < blocks; block++) {
      const before = node.requests
      await bench.mine()
      requests.push(node.requests - before)
    }
  })
  return { cost, requests }
}

export async function guardJob(
  { path, blocks, active, versions }: GuardJob,
  say: (text: string) => void,
): Promise<Report> {
  const summaries = await readSummaries(path)
  say(`summaries alone took ${summaries.seconds.toFixed(1)} s`)
  const before = await memoryInUse()
  const node = quietNode()
  const elapsed = stopwatch()
  await using bench = await benchWatcher(lmdbStore({ path }), node)
  const restart = elapsed()
  say(`ready after ${restart.seconds.toFixed(1)} s`)
  const memory = await memoryInUse()

  // The first ones make the code warm.
  await passBlocks(bench, node, blocks)
  const { cost, requests } = await passBlocks(bench, node, blocks)

  const all = await publishers([bench.watcher], active)
  const publishes = preparedPublishes(all, preparedStates(all, 1n, versions))
  await fullLoad(publishes.map((each) => each.slice(0, versions / 2)))
  const latencies = await fullLoad(publishes.map((each) => each.slice(versions / 2)))
  return {
    figures: {
      restartSeconds: restart.seconds,
      restartCpuSeconds: restart.cpuSeconds,
      summariesSeconds: summaries.seconds,
      summariesCpuSeconds: summaries.cpuSeconds,
      heapMiB: memory.heap,
      heapOfChannelsMiB: memory.heap - before.heap,
      residentMiB: memory.resident,
      mappedMiB: memory.mapped,
      residentWithoutMappedMiB: memory.resident - memory.mapped,
      cpuMsPerBlock: (cost.cpuSeconds * 1_000) / blocks,
      rpcCallsInMostBlocks: median(requests),
      rpcCallsPerBlock: requests.reduce((sum, each) => sum + each, 0) / blocks,
      publishP50Ms: percentile(latencies, 0.5),
      publishP99Ms: percentile(latencies, 0.99),
    },
  }
}
