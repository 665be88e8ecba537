import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { FailoverClient } from '@perun-watcher/chain-evm'
import type { WatcherEngine } from '@perun-watcher/core'
import type { SpendingView } from '@perun-watcher/core/adapter'
import type { WatcherServer } from '@perun-watcher/protocol'
import type { CommitStatistics } from '@perun-watcher/store-lmdb'
import { version } from '../../package.json'
import type { ClientTransport } from '../listen/client-transport.ts'
import { formatEther } from '../terminal/amounts.ts'
import { type Abilities, abilityNames } from './abilities.ts'
import type { AccountBalances } from './account-balances.ts'
import type { CrossCheck } from './cross-check/cross-check.ts'
import type { Metrics } from './metrics/metrics-registry.ts'
import type { ChainView } from './observed-chain.ts'
import { spendingReport } from './spending-report.ts'

const binary = (value: boolean): number => (value ? 1 : 0)

/** The parts of a running watcher that keep their own statistics. */
export interface CountingParts {
  readonly engine: Pick<WatcherEngine, 'stats' | 'warnings' | 'capacity'>
  readonly chain: ChainView
  readonly balances: Pick<AccountBalances, 'all'>
  readonly crossCheck: Pick<CrossCheck, 'disagreements'>
  readonly abilities: Pick<Abilities, 'lacking'>
  readonly rpc: Pick<FailoverClient, 'health'>
  readonly spending: SpendingView
  /** `undefined` until clients can connect. */
  readonly front: CountingFront | undefined
  /** `undefined` until the store is open. */
  readonly storeStatistics: CommitStatistics | undefined
}

interface CountingFront {
  readonly server: Pick<WatcherServer, 'stats'>
  readonly transports: readonly Pick<ClientTransport, 'name' | 'stats'>[]
}

export interface Collected {
  readonly isReady: boolean
  readonly tower: CountingParts | undefined
  /** Directory of the store. */
  readonly storePath: string
}

/** Sets the metrics that are only computed on request. */
export async function collectMetrics(metrics: Metrics, { isReady, tower, storePath }: Collected): Promise<void> {
  metrics.set('perun_watcher_info', 1, { version })
  metrics.set('perun_watcher_ready', binary(isReady))
  metrics.set('perun_watcher_store_bytes', await bytesOf(storePath))
  if (tower === undefined) return
  collectEngine(metrics, tower.engine)
  collectChain(metrics, tower)
  collectSpending(metrics, tower)
  if (tower.front !== undefined) collectFront(metrics, tower.front)
  if (tower.storeStatistics !== undefined) {
    metrics.total('perun_watcher_store_commits_total', [tower.storeStatistics.commits])
    metrics.total('perun_watcher_store_transactions_total', [tower.storeStatistics.transactions])
  }
}

export function collectEngine(metrics: Metrics, engine: CountingParts['engine']): void {
  const { channels, clients, openFamilies, warnedChannels, unsettledChannels, mailboxes, tasks } = engine.stats
  metrics.set('perun_watcher_channels', channels)
  metrics.set('perun_watcher_clients', clients)
  metrics.set('perun_watcher_capacity_channels', engine.capacity?.channels ?? 0)
  metrics.set('perun_watcher_capacity_answerable', engine.capacity?.answerable ?? 0)
  metrics.set('perun_watcher_disputes_open', openFamilies)
  metrics.set('perun_watcher_channels_warned', warnedChannels)
  metrics.set('perun_watcher_channels_unsettled', unsettledChannels)
  metrics.set('perun_watcher_mailboxes', mailboxes)
  metrics.set('perun_watcher_tasks', tasks)
  metrics.total(
    'perun_watcher_endangered_total',
    ...[...engine.warnings].map(([reason, count]) => [count, { reason }] as const),
  )
}

function collectChain(metrics: Metrics, { chain, balances, crossCheck, abilities, rpc }: CountingParts): void {
  if (chain.head !== undefined) metrics.set('perun_watcher_head_number', Number(chain.head.number))
  metrics.set('perun_watcher_head_age_seconds', chain.headAgeMs() / 1000)
  metrics.set('perun_watcher_caught_up', binary(chain.isCurrent))
  metrics.set('perun_watcher_endpoints_disagree', binary(crossCheck.disagreements.length > 0))
  metrics.set('perun_watcher_refutations_waiting', chain.refutations.waiting)
  metrics.set('perun_watcher_refutations_late', chain.refutations.late)
  for (const name of abilityNames) {
    metrics.set('perun_watcher_unable', binary(abilities.lacking.some(({ ability }) => ability === name)), {
      ability: name,
    })
  }
  for (const { name, state } of rpc.health) {
    metrics.set('perun_watcher_rpc_endpoint_good', binary(state === 'good'), { endpoint: name })
  }
  for (const { address, balance } of balances.all) {
    if (balance !== undefined) {
      metrics.set('perun_watcher_account_balance_ether', Number(formatEther(balance)), { account: address })
    }
  }
}

function collectSpending(metrics: Metrics, { spending, chain }: CountingParts): void {
  const { total, clients, others, refusals } = spendingReport(spending, chain.head?.timestamp)
  metrics.total('perun_watcher_spent_ether_total', [Number(formatEther(total.cost))])
  metrics.total('perun_watcher_spent_gas_total', [Number(total.work)])
  const rows = [...clients, { client: 'others', ...others }]
  metrics.setAll(
    'perun_watcher_client_spent_today_ether',
    ...rows.map(({ client, cost }) => [Number(formatEther(cost)), { client }] as const),
  )
  metrics.setAll(
    'perun_watcher_client_gas_today',
    ...rows.map(({ client, work }) => [Number(work), { client }] as const),
  )
  metrics.total(
    'perun_watcher_budget_refusals_total',
    ...[...refusals].map(([budget, count]) => [count, { budget }] as const),
  )
}

function collectFront(metrics: Metrics, { server, transports }: CountingFront): void {
  const { stats } = server
  metrics.set('perun_watcher_connections', stats.connections)
  metrics.set('perun_watcher_clients_connected', stats.clients)
  metrics.set('perun_watcher_watches', stats.watches)
  metrics.set('perun_watcher_requests_in_progress', stats.requests)
  metrics.total('perun_watcher_messages_total', [stats.messagesIn, inward], [stats.messagesOut, outward])
  metrics.total('perun_watcher_message_bytes_total', [stats.bytesIn, inward], [stats.bytesOut, outward])
  metrics.total('perun_watcher_events_sent_total', [stats.eventsSent])
  metrics.total('perun_watcher_stale_store_alarms_total', [stats.staleStoreAlarms])
  collectTransports(metrics, transports)
  metrics.total(
    'perun_watcher_refusals_total',
    ...[...stats.refusals].map(([code, count]) => [count, { code }] as const),
  )
}

function collectTransports(metrics: Metrics, transports: CountingFront['transports']): void {
  metrics.setAll(
    'perun_watcher_transport_connections',
    ...transports.map(({ name, stats }) => [stats.connections, { transport: name }] as const),
  )
  metrics.total(
    'perun_watcher_connections_unauthorised_total',
    ...transports.map(({ name, stats }) => [stats.unauthorised, { transport: name }] as const),
  )
  metrics.total(
    'perun_watcher_connections_refused_total',
    ...transports.flatMap(({ name, stats }) =>
      Object.entries(stats.refused).map(([code, count]) => [count, { transport: name, code }] as const),
    ),
  )
  metrics.total(
    'perun_watcher_sockets_turned_away_total',
    ...transports.flatMap(({ name, stats: { turnedAway } }) =>
      turnedAway === undefined ? [] : [[turnedAway, { transport: name }] as const],
    ),
  )
}

const inward = { direction: 'in' }
const outward = { direction: 'out' }

/** Size of LMDB's file; 0 if it does not exist yet. */
async function bytesOf(directory: string): Promise<number> {
  return await stat(join(directory, 'data.mdb')).then(
    ({ size }) => size,
    () => 0,
  )
}
