import type { ChainTime, Clock } from '@perun-watcher/core'
import type { SpendingView } from '@perun-watcher/core/adapter'
import { version } from '../../package.json'
import type { ChainUsage } from '../chain/chain-usage.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { DataPlaces } from '../config/places.ts'
import type { Readiness, Status } from '../control/protocol.ts'
import type { TransportName } from '../listen/client-transport.ts'
import { readinessOf } from '../observe/readiness.ts'
import { recentTransactions, type Spending, spendingReport } from '../observe/spending-report.ts'
import type { Front, Watchtower } from './compose.ts'

/** The state of the daemon, for health, metrics and the control socket. */
export interface DaemonState {
  readonly loaded: LoadedConfig
  readonly places: DataPlaces
  phase: Status['phase']
  tower: Watchtower | undefined
}

/** More would not be read; the nearest deadlines come first. */
const mostDisputes = 1000

export function readiness({ loaded, phase, tower }: DaemonState): Readiness {
  return readinessOf({
    phase,
    missing: loaded.missing.map(({ what, remedy }) => `${what} ${remedy}`),
    chain: tower && {
      isCurrent: tower.chain.isCurrent,
      headAgeMs: headAgeMs(tower),
      maxHeadAgeMs: tower.usage.maxHeadAgeMs,
      stalledBy: tower.chain.stalledBy,
      refutations: tower.chain.refutations,
    },
    endpoints: tower?.rpc.health ?? [],
    lacking: tower?.abilities.lacking ?? [],
    disagreements: tower?.crossCheck.disagreements ?? [],
    storeFailedBy: tower?.storeView.failedBy,
    accounts: tower?.balances.all ?? [],
    fees: { base: tower?.abilities.baseFee, cap: loaded.config.account.max_fee_gwei },
  })
}

/**
 * Since the head changed and, where blocks come all the time, since the time that it says: a chain that stood still already when
 * the daemon began, or an endpoint that gives old blocks one after the other, is not fresh.
 */
function headAgeMs({ chain, usage }: Watchtower): number {
  const { head } = chain
  const toldMs = chain.headAgeMs()
  if (head === undefined || !usage.isLive) return toldMs
  return Math.max(toldMs, Date.now() - Number(head.timestamp) * 1_000)
}

export function statusOf(state: DaemonState, clock: Clock): Status {
  const { loaded, places, phase, tower } = state
  const front = tower?.front
  const { connections = 0, clients: connected = 0, watches = 0 } = front?.server.stats ?? {}
  return {
    version,
    phase,
    pid: process.pid,
    uptimeSeconds: Math.round(clock.now() / 1000),
    readiness: readiness(state),
    missing: loaded.missing.map(({ what, remedy }) => `${what} ${remedy}`),
    data: places.directory,
    channels: tower?.engine.stats.channels ?? 0,
    disputes: tower === undefined ? [] : disputesOf(tower),
    accounts: (tower?.balances.all ?? []).map(({ address, balance, isLow, needs }) => ({
      address,
      isLow,
      ...(needs === 0n ? {} : { needs: `${needs}` }),
      ...(balance === undefined ? {} : { balance: `${balance}` }),
    })),
    endpoints: addressesOf(front, 'zmq'),
    ...(loaded.config.listen.grpc_addresses.length === 0 ? {} : { grpcAddresses: addressesOf(front, 'grpc') }),
    rpc: (tower?.rpc.health ?? []).map(({ name, state }) => ({ name, state })),
    clients: { connected, connections, watches },
    ...(tower === undefined ? {} : ledgerOf(tower)),
  }
}

function addressesOf(front: Front | undefined, name: TransportName): string[] {
  return (front?.transports ?? []).flatMap((each) => (each.name === name ? each.addresses : []))
}

function ledgerOf({ ledgerId, usage, chain, engine, publicKeys, receiptKey, spending }: Watchtower): Partial<Status> {
  const { head } = chain
  const { capacity } = engine
  return {
    spending: spendingOf(spending, head?.timestamp),
    ...(capacity === undefined ? {} : { capacity: { ...capacity } }),
    ledger: ledgerId,
    chain: chainOf(usage),
    ...(publicKeys.zmq === undefined ? {} : { publicKey: publicKeys.zmq }),
    ...(publicKeys.grpc === undefined ? {} : { tlsPublicKey: publicKeys.grpc }),
    ...(receiptKey === undefined ? {} : { receiptKey }),
    ...(head === undefined
      ? {}
      : {
          head: { number: `${head.number}`, hash: head.hash, timestamp: `${head.timestamp}` },
          headAgeSeconds: Math.round(chain.headAgeMs() / 1000),
        }),
  }
}

function spendingOf(spending: SpendingView, now: ChainTime | undefined): NonNullable<Status['spending']> {
  const { today, total, clients, others, refusals } = spendingReport(spending, now)
  return {
    today: spentOf(today),
    total: { gas: `${total.work}`, cost: `${total.cost}` },
    clients: clients.map((each) => ({ client: each.client, ...spentOf(each) })),
    others: spentOf(others),
    refusals: Object.fromEntries(refusals),
    recent: recentTransactions(spending).map(({ lane, sequence, cause, time, outcome }) => ({
      account: lane,
      nonce: `${sequence}`,
      time: `${time}`,
      outcome: outcome.type,
      ...(outcome.type === 'pending'
        ? { gas: '0', cost: `${outcome.most}` }
        : { gas: `${outcome.work}`, cost: `${outcome.cost}`, transactionHash: outcome.hash }),
      ...(cause === undefined
        ? {}
        : { call: cause.call, rank: cause.rank, family: cause.family, clients: [...cause.clients] }),
    })),
  }
}

const spentOf = ({ transactions, work, cost }: Spending) => ({ transactions, gas: `${work}`, cost: `${cost}` })

function chainOf(usage: ChainUsage): Status['chain'] {
  const { kind, by, blockSeconds, finalityDepth, maxHeadAgeMs, limits, extraFee } = usage
  return {
    kind,
    by,
    finalityDepth,
    extraFee,
    ...(blockSeconds === undefined ? {} : { blockSeconds }),
    maxHeadAgeSeconds: maxHeadAgeMs / 1_000,
    maxTransactionBytes: limits.bytes,
    maxTransactionGas: `${limits.gas}`,
  }
}

function disputesOf({ engine, chain }: Watchtower): Status['disputes'] {
  // Saves a search through what may be a million channels.
  if (engine.stats.openFamilies === 0) return []
  const now = chain.head?.timestamp
  const disputed = [...engine.channels()].filter((channel) => channel.record !== undefined && channel.isDisputed)
  return disputed
    .sort((one, other) => Number((one.deadline ?? latest) - (other.deadline ?? latest)))
    .slice(0, mostDisputes)
    .map(({ id, version: ours, record, deadline }) => ({
      channel: id,
      version: `${ours}`,
      ...(record === undefined ? {} : { registeredVersion: `${record.version}` }),
      ...(deadline === undefined ? {} : { deadline: `${deadline}` }),
      ...(deadline === undefined || now === undefined ? {} : { secondsLeft: `${deadline - now}` }),
    }))
}

/** Later than any real deadline. */
const latest = 2n ** 64n
