import { signatureEngine } from '@perun-watcher/chain-evm'
import { verifySignedState } from '@perun-watcher/chain-evm/internal'
import { memoryStore } from '@perun-watcher/core'
import { type LmdbStore, lmdbStore } from '@perun-watcher/store-lmdb'
import { type Loaded, underFullLoad } from '../load/full-load.ts'
import { type Publisher, preparedPublishes, preparedStates, publishers } from '../load/publisher.ts'
import { steadyLoad } from '../load/steady-load.ts'
import { type Cost, costOf } from '../measure/cost.ts'
import { percentile } from '../measure/numbers.ts'
import { medians, type Report } from '../measure/report.ts'
import { checksOf, checkThreads, runChecks } from '../measure/signature-checks.ts'
import { type BenchWatcher, benchWatcher } from '../world/bench-watcher.ts'
import { quietNode } from '../world/quiet-node.ts'
import { conflation } from './conflation.ts'

export interface StoreJob {
  readonly name: 'store'
  readonly path: string
  /** Channels with one publish in flight each. */
  readonly channels: number
  /** Publishes per channel and round. */
  readonly versions: number
  readonly rounds: number
}

/** A watcher over one of the stores, with channels to publish on. */
interface Subject {
  readonly bench: BenchWatcher
  readonly publishers: readonly Publisher[]
}

interface Round {
  readonly lmdb: Loaded
  readonly memory: Loaded
  /** The same states at half the rate. */
  readonly half: readonly number[]
  readonly checks: Cost
  readonly verifications: Cost
  readonly threadedChecksSeconds: number
  readonly commits: number
  readonly transactions: number
}

/** As many as the machines of the promise have. */
const threads = 2

async function subject(bench: BenchWatcher, channels: number): Promise<Subject> {
  return { bench, publishers: await publishers([bench.watcher], channels) }
}

/** Everything that is compared, within seconds of each other: the machine may be busy with other things too. */
async function runRound(
  lmdb: Subject,
  memory: Subject,
  store: LmdbStore,
  first: bigint,
  job: StoreJob,
): Promise<Round> {
  const states = preparedStates(lmdb.publishers, first, job.versions)
  const halfStates = preparedStates(lmdb.publishers, first + BigInt(job.versions), job.versions)
  const flat = states.flat()
  const checks = checksOf(flat)
  const checksCost = await costOf(() => void runChecks(checks))
  const verificationsCost = await costOf(() => {
    for (const state of flat) verifySignedState(state)
  })
  const before = store.statistics()
  const lmdbLoaded = await underFullLoad(preparedPublishes(lmdb.publishers, states))
  const after = store.statistics()
  const memoryLoaded = await underFullLoad(preparedPublishes(memory.publishers, states))
  await using crowd = await checkThreads(checks, threads)
  const { seconds: threadedChecksSeconds } = await costOf(() => crowd.run())
  const halfPublishes = preparedPublishes(lmdb.publishers, halfStates)
  const half = await steadyLoad(halfPublishes, flat.length / lmdbLoaded.cost.seconds / 2)
  return {
    lmdb: lmdbLoaded,
    memory: memoryLoaded,
    half,
    checks: checksCost,
    verifications: verificationsCost,
    threadedChecksSeconds,
    commits: after.commits - before.commits,
    transactions: after.transactions - before.transactions,
  }
}

/** The figures of one round; ratios are made within a round, since only there the machine is the same. */
function figuresOf({ lmdb, memory, half, ...round }: Round, publishes: number): Report {
  const perSecond = ({ seconds }: Cost): number => publishes / seconds
  const cores = ({ cpuSeconds, seconds }: Cost): number => cpuSeconds / seconds
  const onThreads = (publishes * threads) / round.threadedChecksSeconds
  return {
    figures: {
      publishesPerSecond: perSecond(lmdb.cost),
      coresUsed: cores(lmdb.cost),
      publishesPerSync: publishes / round.transactions,
      commitsPerSync: round.commits / round.transactions,
      syncsPerPublish: round.transactions / publishes,
      fullLoadP50Ms: percentile(lmdb.latencies, 0.5),
      fullLoadP99Ms: percentile(lmdb.latencies, 0.99),
      halfLoadP50Ms: percentile(half, 0.5),
      halfLoadP99Ms: percentile(half, 0.99),
    },
    references: {
      checksPerSecondOneThread: perSecond(round.checks),
      checksPerSecondTwoThreads: onThreads,
      checksCoresUsedOneThread: cores(round.checks),
      verificationsPerSecondOneThread: perSecond(round.verifications),
      memoryStorePublishesPerSecond: perSecond(memory.cost),
      memoryStoreCoresUsed: cores(memory.cost),
      memoryStoreFullLoadP50Ms: percentile(memory.latencies, 0.5),
      memoryStoreFullLoadP99Ms: percentile(memory.latencies, 0.99),
    },
    ratios: {
      ofChecksOneThread: perSecond(lmdb.cost) / perSecond(round.checks),
      ofChecksTwoThreads: perSecond(lmdb.cost) / onThreads,
      ofChecksPerCpuSecond: round.checks.cpuSeconds / lmdb.cost.cpuSeconds,
      ofVerificationsOneThread: perSecond(lmdb.cost) / perSecond(round.verifications),
      ofMemoryStore: perSecond(lmdb.cost) / perSecond(memory.cost),
    },
  }
}

export async function storeJob(job: StoreJob, say: (text: string) => void): Promise<Report> {
  if (signatureEngine() !== 'native') throw new Error('There is no native signature engine on this machine.')
  const store = lmdbStore({ path: job.path })
  await using lmdbBench = await benchWatcher(store, quietNode())
  await using memoryBench = await benchWatcher(memoryStore(), quietNode())
  const lmdb = await subject(lmdbBench, job.channels)
  const memory = await subject(memoryBench, job.channels)
  const publishes = job.channels * job.versions
  const reports: Report[] = []
  // The first round warms up: it is not counted.
  for (let round = 0; round <= job.rounds; round++) {
    const first = 1n + BigInt(round * job.versions * 2)
    const report = figuresOf(await runRound(lmdb, memory, store, first, job), publishes)
    if (round === 0) continue
    reports.push(report)
    const { publishesPerSecond = 0 } = report['figures'] ?? {}
    const { ofChecksOneThread = 0 } = report['ratios'] ?? {}
    say(`round ${round}: ${publishesPerSecond.toFixed(0)} publishes/s, ${ofChecksOneThread.toFixed(2)} of bare checks`)
  }
  return { ...medians(reports), conflation: await conflation(lmdbBench, store) }
}
