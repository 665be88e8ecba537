import { join } from 'node:path'
import { type Loaded, underFullLoad } from '../load/full-load.ts'
import { type Publisher, preparedPublishes, preparedStates, publishers } from '../load/publisher.ts'
import { remoteClients } from '../load/remote-clients.ts'
import { type ServerProcess, serverProcess } from '../load/server-process.ts'
import { steadyLoad } from '../load/steady-load.ts'
import { wireClients } from '../load/wire-clients.ts'
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
  /** Publishes are acknowledged, and nothing more. */
  readonly plain: Served
  /** The same at half the rate: milliseconds. */
  readonly half: readonly number[]
  /** As the daemon is by default: each publish is answered with a signed receipt. */
  readonly receipts: Served
  /** The same, and the clients are the library that devices use, with their work on the same cores. */
  readonly library: Served
  readonly checks: Cost
  /** The same on each of two threads at once. */
  readonly threadedChecks: Cost
}

/** Who is measured. */
interface Subjects {
  readonly plain: Subject
  readonly receipts: Subject
  readonly library: Subject
}

/** As many as the machines of the promise have. */
const threads = 2

/** What is slower, and less asked for, is done with so much fewer states. */
const lessOften = 3

async function serve({ server, publishers: all }: Subject, states: ReturnType<typeof preparedStates>): Promise<Served> {
  const publishes = preparedPublishes(all, states)
  const before = await server.work()
  const clients = await underFullLoad(publishes)
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
async function runRound(subjects: Subjects, first: bigint, { versions }: RemoteJob): Promise<Round> {
  const all = subjects.plain.publishers
  const states = preparedStates(all, first, versions)
  const fewer = Math.ceil(versions / lessOften)
  const halfStates = preparedStates(all, first + BigInt(versions), fewer)
  const libraryStates = preparedStates(subjects.library.publishers, first, fewer)
  const checks = checksOf(states.flat())
  const checksCost = await costOf(() => void runChecks(checks))
  const plain = await serve(subjects.plain, states)
  const receipts = await serve(subjects.receipts, states)
  await using crowd = await checkThreads(checks, threads)
  const threadedChecks = await costOf(() => crowd.run())
  const half = await steadyLoad(preparedPublishes(all, halfStates), rateOf(plain) / 2)
  const library = await serve(subjects.library, libraryStates)
  return { plain, half, receipts, library, checks: checksCost, threadedChecks }
}

const rateOf = ({ clients, server }: Served): number => server.publishes / clients.cost.seconds

/** The figures of one round; ratios are made within a round, since only there the machine is the same. */
function figuresOf({ plain, half, receipts, library, checks, threadedChecks }: Round): Report {
  const published = plain.server.publishes
  const limit = published / checks.seconds
  const limitOfTwo = (published * threads) / threadedChecks.seconds
  const milliseconds = (seconds: number, publishes = published): number => (seconds * 1_000) / publishes

  function throughput(served: Served): Report[string] {
    const perSecond = rateOf(served)
    const { server, clients } = served
    const part = server.publishes / published
    return {
      published: server.publishes,
      perSecond,
      share: perSecond / limit,
      shareOfTwoThreads: perSecond / limitOfTwo,
      shareByCpu: (part * checks.cpuSeconds) / server.cpuSeconds,
      shareByCpuOfTwoThreads: (part * threadedChecks.cpuSeconds) / threads / server.cpuSeconds,
      p50Ms: percentile(clients.latencies, 0.5),
      p99Ms: percentile(clients.latencies, 0.99),
    }
  }

  return {
    figures: {
      ...throughput(plain),
      signatureLimitPerSecond: limit,
      signatureLimitOfTwoThreadsPerSecond: limitOfTwo,
      halfLoadP50Ms: percentile(half, 0.5),
      halfLoadP99Ms: percentile(half, 0.99),
    },
    withReceipts: throughput(receipts),
    withReceiptsAndLibraryClients: throughput(library),
    cpuMsPerPublish: {
      check: milliseconds(checks.cpuSeconds),
      checkOfTwoThreads: milliseconds(threadedChecks.cpuSeconds / threads),
      server: milliseconds(plain.server.cpuSeconds),
      clients: milliseconds(plain.clients.cost.cpuSeconds),
      serverWithReceipts: milliseconds(receipts.server.cpuSeconds),
      libraryClients: milliseconds(library.clients.cost.cpuSeconds, library.server.publishes),
    },
    coresUsed: {
      check: checks.cpuSeconds / checks.seconds,
      server: plain.server.cpuSeconds / plain.clients.cost.seconds,
      clients: plain.clients.cost.cpuSeconds / plain.clients.cost.seconds,
    },
    messageBytesPerPublish: {
      toServer: plain.server.bytesIn / published,
      toClient: plain.server.bytesOut / published,
      toClientWithReceipt: receipts.server.bytesOut / published,
    },
    batches: {
      publishesPerSync: published / plain.server.transactions,
      commitsPerSync: plain.server.commits / plain.server.transactions,
    },
  }
}

export async function remoteJob(job: RemoteJob, say: (text: string) => void): Promise<Report> {
  const { path, connections, channels } = job
  await using plainServer = await serverProcess({ path: join(path, 'plain'), hasReceipts: false })
  await using receiptsServer = await serverProcess({ path: join(path, 'receipts'), hasReceipts: true })
  const bytesPerPublish = await wireSize(plainServer.address)
  const bytesPerPublishWithReceipt = await wireSize(receiptsServer.address)
  await using plainClients = await wireClients(plainServer.address, connections, channels)
  await using receiptsClients = await wireClients(receiptsServer.address, connections, channels)
  await using libraryClients = await remoteClients(receiptsServer.address, connections)
  const subjects: Subjects = {
    plain: { server: plainServer, publishers: plainClients.publishers },
    receipts: { server: receiptsServer, publishers: receiptsClients.publishers },
    library: { server: receiptsServer, publishers: await publishers(libraryClients.all, channels, channels) },
  }
  const reports: Report[] = []
  // The first round warms up: it is not counted.
  for (let round = 0; round <= job.rounds; round++) {
    const first = 1n + BigInt(round * job.versions * 2)
    const report = figuresOf(await runRound(subjects, first, job))
    const { perSecond = 0, share = 0, shareByCpu = 0 } = report['figures'] ?? {}
    const shares = `${share.toFixed(2)} of bare checks, ${shareByCpu.toFixed(2)} by CPU time`
    say(`${round === 0 ? 'warming up' : `round ${round}`}: ${perSecond.toFixed(0)} publishes/s, ${shares}`)
    if (round > 0) reports.push(report)
  }
  const { figures, ...others } = medians(reports)
  const published = reports.reduce((sum, report) => sum + (report['figures']?.['published'] ?? Number.NaN), 0)
  return { figures: { ...figures, published }, ...others, bytesPerPublish, bytesPerPublishWithReceipt }
}
