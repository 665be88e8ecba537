import { availableParallelism } from 'node:os'
import { type FailoverClient, parseAddress } from '@perun-watcher/chain-evm'
import { secretsOf } from '@perun-watcher/chain-evm/internal'
import {
  type AbortOptions,
  type Clock,
  type Logger,
  type Random,
  type WatcherEngine,
  watcherEngine,
} from '@perun-watcher/core'
import type { SpendingView } from '@perun-watcher/core/adapter'
import {
  ed25519ReceiptIssuer,
  quotaKeeper,
  type ReceiptIssuer,
  serveWatcher,
  type WatcherServer,
} from '@perun-watcher/protocol'
import type { AcceptedConnection } from '@perun-watcher/protocol/adapter'
import { type CommitStatistics, type LmdbStore, lmdbStore } from '@perun-watcher/store-lmdb'
import { version } from '../../package.json'
import { openerOf } from '../chain/chain-libraries.ts'
import type { OpenedChain } from '../chain/chain-opener.ts'
import { type ChainUsage, chainUsage } from '../chain/chain-usage.ts'
import type { DataPlaces } from '../config/places.ts'
import type { Config } from '../config/schema.ts'
import { type Account, loadAccounts } from '../keys/accounts.ts'
import { type AllowedClients, allowedClients } from '../keys/allowed-clients.ts'
import { ownKeys } from '../keys/own-keys.ts'
import { receiptPublicKey, receiptSeed } from '../keys/receipt-key-file.ts'
import { loadRpcUrls } from '../keys/rpc-urls.ts'
import type { ClientTransport, TransportName } from '../listen/client-transport.ts'
import { keyMakers } from '../listen/key-makers.ts'
import { merged } from '../listen/merged.ts'
import { openTransports, transportPlans } from '../listen/transport-plans.ts'
import { type Abilities, abilities } from '../observe/abilities.ts'
import { type AccountBalances, accountBalances } from '../observe/account-balances.ts'
import { type CrossCheck, endpointCrossCheck } from '../observe/cross-check/cross-check.ts'
import type { Redactor } from '../observe/logging/redactor.ts'
import type { Metrics } from '../observe/metrics/metrics-registry.ts'
import { type ChainView, observedChain } from '../observe/observed-chain.ts'
import { observedEngine } from '../observe/observed-engine.ts'
import { observedStore, type StoreView } from '../observe/observed-store.ts'
import { progressLog } from '../observe/progress-log.ts'
import { clientGate, type GateChange } from './client-gate.ts'
import { mostConnections, quotaOptions } from './quota-options.ts'
import { releaseSettled } from './release-settled.ts'

export interface ComposeDeps {
  readonly config: Config
  readonly places: DataPlaces
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly redactor: Redactor
  readonly metrics: Metrics
}

/** A running watcher with its store, its chain and its front for clients. */
export interface Watchtower {
  readonly ledgerId: string
  readonly usage: ChainUsage
  readonly engine: Pick<WatcherEngine, 'stats' | 'warnings' | 'channels' | 'head' | 'capacity'>
  readonly chain: ChainView
  readonly storeView: StoreView
  /** `undefined` until the store is open. */
  readonly storeStatistics: CommitStatistics | undefined
  readonly balances: AccountBalances
  readonly crossCheck: CrossCheck
  readonly abilities: Abilities
  /** How the JSON-RPC endpoints do. */
  readonly rpc: Pick<FailoverClient, 'health'>
  /** What transactions cost, and for whom. */
  readonly spending: SpendingView
  /** By which clients know this watcher, by transport; none where nothing is encrypted. */
  readonly publicKeys: Readonly<Partial<Record<TransportName, string>>>
  /** Set with receipts; hexadecimal digits. */
  readonly receiptKey: string | undefined
  /** Where clients connect; `undefined` until it is open. */
  readonly front: Front | undefined
  backup: LmdbStore['backup']
  /** Allows exactly these clients to connect. Never rejects. */
  changeClients(allowed: AllowedClients): Promise<GateChange>
  /**
   * Loads the store, catches up with the chain and resumes disputes; only then can clients connect.
   *
   * @param onLost called when clients can no longer connect.
   */
  start(onLost: () => void, options?: AbortOptions): Promise<void>
  /** Disconnects clients, finishes disputes until the signal aborts, and closes everything. Never rejects. */
  stop(options: AbortOptions): Promise<void>
}

/** The one server that clients connect to, over whichever transport: their quotas are counted there. */
export interface Front {
  readonly server: WatcherServer
  readonly transports: readonly ClientTransport[]
}

/**
 * Puts the watchtower together. This is the only file that knows all parts, and it decides nothing. It reads the files that
 * the configuration names, and opens nothing else yet.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export async function compose(deps: ComposeDeps): Promise<Watchtower> {
  const { config, places, clock, random, logger, metrics } = deps
  const progress = progressLog(logger, clock)
  const usage = chainUsage(config.chain, config.account.min_tip_gwei)
  const accounts = await readAccounts(deps)
  const keys = await ownKeys({ config, places, make: keyMakers, logger })
  const gate = clientGate(await allowedClients(config.listen))
  const plans = await transportPlans({
    listen: config.listen,
    keys,
    admits: gate.admits,
    tokenHashOf: gate.tokenHashOf,
    // Dead connections that were not noticed yet count here; they must not keep a reconnecting client out.
    maxConnectionsPerClient: 2 * mostConnections(config.quotas),
    clock,
    logger,
  })
  const disk = lmdbStore({
    path: places.store,
    onDamaged: ({ error }) => logger.error('The store is damaged', {}, error),
  })
  const { store, view: storeView } = observedStore(disk, { clock, metrics, onLoaded: progress.onLoaded })
  const opened = await openChain(deps, usage, accounts, { journal: store, spendingLog: disk })
  const { chain, view } = observedChain(opened.backend, { clock, metrics, onStep: progress.onStep })
  const { ledgerId } = chain
  const engine = watcherEngine(
    { chain, store, clock, random, logger },
    {
      refuteDepth: BigInt(config.dispute.refute_depth),
      historyBytes: config.dispute.history_bytes,
      shortestChallengeDuration: BigInt(Math.ceil(config.dispute.shortest_challenge_duration / 1_000)),
      fundedPercent: config.dispute.funded_percent,
      mailboxLimit: config.events.mailbox_limit,
      sweep: {
        callsPerMinute: config.sweep.calls_per_minute,
        shortestPeriodSeconds: Math.ceil(config.sweep.shortest_period / 1_000),
      },
    },
  )
  const balances = accountBalances({
    client: opened.client,
    addresses: accounts.map(({ address }) => address),
    minimum: config.account.min_balance_ether,
    clock,
    logger,
  })
  const crossCheck = endpointCrossCheck({
    endpoints: opened.endpoints,
    adjudicator: parseAddress(config.chain.adjudicator),
    maxLagSeconds: usage.maxHeadAgeMs / 1000,
    clock,
    logger,
  })
  const [payer] = accounts
  const tried = abilities({
    client: opened.client,
    // There is one: `missingSettings` has checked that the configuration is complete.
    account: parseAddress(payer?.address),
    invalidTransaction: opened.invalidTransaction,
    needsTraces: () => engine.stats.nestedChannels > 0,
    clock,
    logger,
  })
  const settled = releaseSettled({
    engine,
    store,
    heldIn: (channel, options) => opened.backend.valueAtStake(channel, { ...options, agreed: true }),
    releaseAfterMs: config.settled.release_after,
    finalityDepth: BigInt(usage.finalityDepth),
    clock,
    logger,
  })
  const seed = keys.receipts && receiptSeed(keys.receipts)
  const receipts: ReceiptIssuer | undefined =
    seed &&
    ed25519ReceiptIssuer({
      seed,
      ledgerId,
      stateHash: chain.stateHash,
      secondsSince1970: () => Math.floor(Date.now() / 1000),
    })
  const ended = new AbortController()
  let front: Front | undefined

  async function openFront(onLost: () => void): Promise<void> {
    const { listen, quotas } = config
    const transports = await openTransports(plans)
    const keeper = quotaKeeper({ engine, quotas: quotaOptions(quotas), clock })
    const connections = gate.guard(merged(transports.map((each) => untilLost(each, onLost, ended.signal))))
    const server = serveWatcher(observedEngine(keeper, clock, metrics), connections, {
      ledgerId,
      clock,
      logger,
      receipts,
      admitConnection: keeper.admitConnection,
      software: `perun-watcher/${version}`,
      limits: {
        maxConnections: listen.max_connections,
        maxConnectionsPerClient: mostConnections(quotas),
        idleTimeoutMs: listen.idle_timeout,
      },
    })
    front = { server, transports }
  }

  async function attempt(what: string, work: () => Promise<void> | undefined, signal?: AbortSignal): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!signal?.aborted) logger.error('Could not be closed cleanly', { what }, error)
    }
  }

  return {
    ledgerId,
    usage,
    engine,
    chain: view,
    storeView,
    get storeStatistics() {
      return front && disk.statistics()
    },
    backup: (path, options) => disk.backup(path, options),
    changeClients: gate.change,
    balances: balances,
    crossCheck: crossCheck,
    abilities: tried,
    rpc: opened.client,
    spending: opened.backend.spending,
    publicKeys: Object.fromEntries(plans.flatMap(({ name, publicKey }) => (publicKey ? [[name, publicKey]] : []))),
    receiptKey: keys.receipts && receiptPublicKey(keys.receipts),
    get front() {
      return front
    },
    async start(onLost, options = {}) {
      await engine.start(options)
      await balances.read(options)
      void balances.keepReading(ended.signal).catch(() => {})
      void tried.keepLooking(ended.signal).catch(() => {})
      void settled.keepLooking(ended.signal).catch(() => {})
      if (opened.endpoints.length > 1) void crossCheck.keepLooking(ended.signal).catch(() => {})
      await openFront(onLost)
    },
    async stop({ signal }) {
      ended.abort()
      for (const transport of front?.transports ?? []) transport.tellReady?.(false)
      await attempt('server', () => front?.server.close({ signal }), signal)
      for (const transport of front?.transports ?? []) await attempt(`transport ${transport.name}`, transport.close)
      await attempt('engine', () => engine.shutdown({ signal }), signal)
      await attempt('chain client', opened.close)
    },
  }
}

async function readAccounts({ config, redactor }: ComposeDeps): Promise<readonly Account[]> {
  const { password, mnemonic, key } = config.account
  for (const secret of [password, mnemonic, key]) redactor.hide(secret)
  const accounts = await loadAccounts(config.account)
  for (const { privateKey } of accounts) redactor.hide(privateKey.slice(2))
  return accounts
}

/** With more threads, the main thread is the bottleneck. */
const mostSignatureThreads = 4

async function openChain(
  { config: { chain, account, spending }, clock, random, logger, redactor, metrics }: ComposeDeps,
  usage: ChainUsage,
  accounts: readonly Account[],
  records: Pick<Parameters<Awaited<ReturnType<typeof openerOf>>>[0], 'journal' | 'spendingLog'>,
): Promise<OpenedChain> {
  const rpcUrls = await loadRpcUrls(chain)
  for (const secret of rpcUrls.flatMap(secretsOf)) redactor.hide(secret)
  const open = await openerOf(chain.library)
  return await open({
    rpcUrls,
    privateKeys: accounts.map(({ privateKey }) => privateKey),
    // Always set: `missingSettings` has checked that the configuration is complete.
    adjudicator: chain.adjudicator ?? '0x',
    chainId: BigInt(chain.id ?? 0),
    ...records,
    budgets: {
      perClientAndDay: spending.client_day_ether,
      perDispute: spending.dispute_ether,
      perDay: spending.day_ether,
      percentOfValue: spending.value_percent,
    },
    etherHolders: spending.ether_holders,
    chainKind: chain.kind,
    finalityDepth: usage.finalityDepth,
    blockSeconds: usage.blockSeconds,
    pollIntervalMs: chain.poll_interval,
    requestTimeoutMs: chain.request_timeout,
    limits: {
      bytes: chain.max_transaction_size,
      work: chain.max_transaction_gas === undefined ? undefined : BigInt(chain.max_transaction_gas),
      channels: chain.max_tree_channels,
    },
    fees: { maxFeePerGasCap: account.max_fee_gwei, minPriorityFeePerGas: usage.leastTip },
    maxPendingPerLane: account.max_pending,
    signatureThreads: chain.signature_threads ?? Math.min(mostSignatureThreads, availableParallelism() - 1),
    clock,
    random,
    logger,
    observer({ method, failure, ms }, endpoint) {
      const result = failure ?? 'answered'
      metrics.count('perun_watcher_rpc_requests_total', { endpoint, method, result })
      metrics.observe('perun_watcher_rpc_seconds', ms / 1000, { endpoint })
    },
  })
}

/** Passes the connections of a transport on, and calls `onLost` if it ends by itself. */
async function* untilLost(
  connections: AsyncIterable<AcceptedConnection>,
  onLost: () => void,
  ended: AbortSignal,
): AsyncGenerator<AcceptedConnection> {
  try {
    yield* connections
  } finally {
    if (!ended.aborted) onLost()
  }
}
