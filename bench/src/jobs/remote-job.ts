import { join } from 'node:path'
import { type Loaded, underFullLoad } from '../load/full-load.ts'
import { type Publisher, preparedStates, publishers } from '../load/publisher.ts'
import { remoteClients } from '../load/remote-clients.ts'
import { type ServerProcess, serverProcess } from '../load/server-process.ts'
import { steadyLoad } from '../load/steady-load.ts'
import { type Cost, costOf } from '../measure/cost.ts'
import { percentile } from '../measure/numbers.ts'
import { medians, type Report } from '../measure/report.ts'
import { checksOf, checkThreads, runChecks } from '../measure/signature-checks.ts'
import type { ServerWork } from './serve-job.ts'
import { wireSize } from './wire-size.ts'

/** Clients of this process publish to a watcher in another one. */
export interface RemoteJob {
  readonly name: 'remote'
  readonly path: string
  readonly connections: number
  /** Channels of all connections together, with one publish in flight each. */
  readonly channels: number
  /** Publishes per channel and round. */
  readonly versions: number
  readonly rounds: number
}

/** A watcher, and clients that publish to it. */
interface Subject {
  readonly server: ServerProcess
  readonly publishers: readonly Publisher[]
}

/** What so many publishes took. */
interface Served {
  readonly clients: Loaded
  readonly server: ServerWork
}

interface Round {
  /** As the daemon is by default: each publish is answered with a signed receipt. */
  readonly served: Served
  /** The same at half the rate: milliseconds. */
  readonly half: readonly number[]
  readonly withoutReceipts: Served
  readonly checks: Cost
  /** The same on each of two threads at once. */
  readonly threadedChecks: Cost
}

/** As many as the machines of the promise have. */
const threads = 2

async function serve({ server, publishers: all }: Subject, states: ReturnType<typeof preparedStates>): Promise<Served> {
  const before = await server.work()
  const clients = await underFullLoad(all, states)
  return { clients, server: difference(await server.work(), before) }
}

function difference(after: ServerWork, before: ServerWork): ServerWork {
  return {
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    publishes: after.publishes - before.publishes,
    bytesIn: after.bytesIn - before.bytesIn,
    bytesOut: after.bytesOut - before.bytesOut,
    commits: after.commits - before.commits,
    transactions: after.transactions - before.transactions,
  }
}

/** Everything that is compared, within seconds of each other: the machine may be busy with other things too. */
async function runRound(receipts: Subject, plain: Subject, first: bigint, { versions }: RemoteJob): Promise<Round> {
  const channels = receipts.publishers.map(({ channel }) => channel)
  const states = preparedStates(channels, first, versions)
  const halfStates = preparedStates(channels, first + BigInt(versions), versions)
  const flat = states.flat()
  const checks = checksOf(flat)
  const checksCost = await costOf(() => void runChecks(checks))
  const served = await serve(receipts, states)
  const withoutReceipts = await serve(plain, states)
  await using crowd = await checkThreads(checks, threads)
  const threadedChecks = await costOf(() => crowd.run())
  const half = await steadyLoad(receipts.publishers, halfStates, flat.length / served.clients.cost.seconds / 2)
  return { served, half, withoutReceipts, checks: checksCost, threadedChecks }
}

/** The figures of one round; ratios are made within a round, since only there the machine is the same. */
function figuresOf({ served, half, withoutReceipts, checks, threadedChecks }: Round): Report {
  const published = served.server.publishes
  const limit = published / checks.seconds
  const limitOfTwo = (published * threads) / threadedChecks.seconds
  const milliseconds = (seconds: number): number => (seconds * 1_000) / published

  function throughput({ clients, server }: Served): Report[string] {
    const perSecond = server.publishes / clients.cost.seconds
    return {
      published: server.publishes,
      perSecond,
      share: perSecond / limit,
      shareOfTwoThreads: perSecond / limitOfTwo,
      shareByCpu: checks.cpuSeconds / server.cpuSeconds,
      shareByCpuOfTwoThreads: threadedChecks.cpuSeconds / threads / server.cpuSeconds,
    }
  }

  return {
    figures: {
      ...throughput(served),
      signatureLimitPerSecond: limit,
      signatureLimitOfTwoThreadsPerSecond: limitOfTwo,
      p50Ms: percentile(served.clients.latencies, 0.5),
      p99Ms: percentile(served.clients.latencies, 0.99),
      halfLoadP50Ms: percentile(half, 0.5),
      halfLoadP99Ms: percentile(half, 0.99),
    },
    withoutReceipts: throughput(withoutReceipts),
    cpuMsPerPublish: {
      check: milliseconds(checks.cpuSeconds),
      checkOfTwoThreads: milliseconds(threadedChecks.cpuSeconds / threads),
      server: milliseconds(served.server.cpuSeconds),
      serverWithoutReceipts: milliseconds(withoutReceipts.server.cpuSeconds),
      clients: milliseconds(served.clients.cost.cpuSeconds),
    },
    coresUsed: {
      check: checks.cpuSeconds / checks.seconds,
      server: served.server.cpuSeconds / served.clients.cost.seconds,
      clients: served.clients.cost.cpuSeconds / served.clients.cost.seconds,
    },
    messageBytesPerPublish: {
      toServer: served.server.bytesIn / published,
      toClient: served.server.bytesOut / published,
    },
    batches: {
      publishesPerSync: published / served.server.transactions,
      commitsPerSync: served.server.commits / served.server.transactions,
    },
  }
}

export async function remoteJob(job: RemoteJob, say: (text: string) => void): Promise<Report> {
  await using receiptsServer = await serverProcess({ path: join(job.path, 'receipts'), hasReceipts: true })
  await using plainServer = await serverProcess({ path: join(job.path, 'plain'), hasReceipts: false })
  const bytesPerPublish = await wireSize(receiptsServer.address)
  const bytesWithoutReceipts = await wireSize(plainServer.address)
  await using receiptsClients = await remoteClients(receiptsServer.address, job.connections)
  await using plainClients = await remoteClients(plainServer.address, job.connections)
  const receipts = { server: receiptsServer, publishers: await publishers(receiptsClients.all, job.channels) }
  const plain = { server: plainServer, publishers: await publishers(plainClients.all, job.channels) }
  const reports: Report[] = []
  // The first round warms up: it is not counted.
  for (let round = 0; round <= job.rounds; round++) {
    const first = 1n + BigInt(round * job.versions * 2)
    const report = figuresOf(await runRound(receipts, plain, first, job))
    if (round === 0) continue
    reports.push(report)
    const { perSecond = 0, share = 0, shareByCpu = 0 } = report['figures'] ?? {}
    const shares = `${share.toFixed(2)} of bare checks, ${shareByCpu.toFixed(2)} by CPU time`
    say(`round ${round}: ${perSecond.toFixed(0)} publishes/s, ${shares}`)
  }
  const { figures, ...others } = medians(reports)
  const published = reports.reduce((sum, report) => sum + (report['figures']?.['published'] ?? Number.NaN), 0)
  return {
    figures: { ...figures, published },
    ...others,
    bytesPerPublish,
    bytesPerPublishWithoutReceipts: bytesWithoutReceipts,
  }
}
