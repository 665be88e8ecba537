import type { Address, EvmClient } from '@perun-watcher/chain-evm'
import { endpointName } from '@perun-watcher/chain-evm/internal'
import type { AbortOptions, Clock, Hex } from '@perun-watcher/core'
import type { ChainUsage } from '../../chain/chain-usage.ts'
import { checkAccount } from './account-checks.ts'
import { type CapacitySubject, judgeCapacity } from './capacity-check.ts'
import { judgeChain } from './chain-check.ts'
import { checkClock } from './clock-check.ts'
import { checkContract } from './contract-check.ts'
import { checkDisk } from './disk-checks.ts'
import { checkSecretFile, type SecretFile } from './file-checks.ts'
import { type Finding, notTaken } from './finding.ts'
import { checkOpenFiles } from './limit-checks.ts'
import { checkPort, type Listening } from './port-checks.ts'
import { checkRpc, compareHeads } from './rpc-checks.ts'
import { checkRuntime } from './runtime-checks.ts'

/** The chain to check. */
export interface ChainSubject {
  /** Empty if none is configured, or if their file cannot be read. */
  readonly rpcUrls: readonly string[]
  /** `undefined` if it is not configured. */
  readonly chainId: bigint | undefined
  readonly adjudicator: Address | undefined
  /** What is in force on the chain; `undefined` as long as nobody says which chain it is. */
  readonly usage: ChainUsage | undefined
  /** Whether channels are watched below others. */
  readonly needsTraces: boolean
}

/** What to check: the configuration, with the contents of the files that it names. */
export interface Subjects {
  readonly chain: ChainSubject
  /** The accounts that pay for refutations. */
  readonly accounts: readonly Address[]
  /** In wei per gas. */
  readonly feeCapWei: bigint
  /** Transactions of one account that may wait at the same time. */
  readonly maxPending: number
  /** What is guarded; `undefined`: nobody knows. */
  readonly guarded: CapacitySubject['guarded']
  readonly dataDir: string
  readonly secretFiles: readonly SecretFile[]
  readonly listening: readonly Listening[]
  /** How many clients may connect. */
  readonly connections: number
  readonly isDaemonRunning: boolean
}

export interface ExamineDeps {
  readonly clock: Clock
  /** Seconds since 1970. */
  readonly now: () => number
  /** A client of one endpoint, whose requests time out by themselves. */
  readonly connect: (url: string) => EvmClient
  /** A transaction of a chain that every node refuses. */
  readonly invalidTransaction: (chainId: bigint) => Promise<Hex>
}

/** Runs all checks and yields each finding at once: an endpoint that is down takes a while. */
export async function* examine(
  subjects: Subjects,
  instruments: ExamineDeps,
  options: AbortOptions = {},
): AsyncGenerator<Finding, void, undefined> {
  yield* await checkDisk(subjects.dataDir, instruments.clock)
  for (const file of subjects.secretFiles) yield await checkSecretFile(file)
  for (const place of subjects.listening) yield await checkPort(place, subjects.isDaemonRunning)
  yield* await checkOpenFiles(subjects.connections)
  yield* checkRuntime(instruments.now())
  if (subjects.chain.usage !== undefined) yield judgeChain(subjects.chain.usage)
  if (subjects.chain.rpcUrls.length === 0) yield notTaken('rpc', 'chain.rpc')
  else yield* examineChain(subjects.chain, subjects, instruments, options)
}

async function* examineChain(
  { rpcUrls, chainId, adjudicator, needsTraces, usage }: ChainSubject,
  { accounts, feeCapWei, isDaemonRunning, maxPending, guarded }: Subjects,
  { clock, now, connect, invalidTransaction }: ExamineDeps,
  options: AbortOptions,
): AsyncGenerator<Finding, void, undefined> {
  const endpoints = rpcUrls.map((url, index) => ({
    name: endpointName(url, index),
    client: connect(url),
    chainId,
    adjudicator,
    needsTraces,
    invalidTransaction,
  }))
  const reports = await Promise.all(endpoints.map((endpoint) => checkRpc(endpoint, clock, options)))
  for (const { findings } of reports) yield* findings
  const useful = reports.flatMap((report) => report.useful ?? [])
  const heads = useful.map(({ head }) => head)
  yield* compareHeads(heads, rpcUrls.length)
  const [first] = useful
  const newest = heads.toSorted((a, b) => (a.number < b.number ? 1 : -1)).at(0)
  // Without a usable endpoint, nothing is known about the contract or the account.
  if (first === undefined || newest === undefined) return
  yield checkClock(now(), Number(newest.timestamp))
  const { client } = first
  yield adjudicator === undefined
    ? notTaken('contract', 'chain.adjudicator')
    : await checkContract({ client, chainId: first.chainId, adjudicator }, options)
  if (accounts.length === 0) yield notTaken('account.balance', 'a usable account')
  let solvent = 0
  for (const account of accounts) {
    const report = await checkAccount({ client, account, feeCapWei, isInUse: isDaemonRunning }, options)
    yield* report.findings
    if (report.canPay) solvent += 1
  }
  const { blockSeconds } = usage ?? {}
  if (accounts.length > 0)
    yield judgeCapacity({ solvent, accounts: accounts.length, maxPending, blockSeconds, guarded })
}
