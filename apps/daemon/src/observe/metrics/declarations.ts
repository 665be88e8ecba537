import { errorCodes, isWatcherError } from '@perun-watcher/core'
import { budgetNames } from '@perun-watcher/core/adapter'

/** The declaration of a metric, for the registry and docs/metrics.md. */
export interface Declaration {
  readonly type: 'gauge' | 'counter' | 'histogram'
  readonly help: string
  readonly labels?: readonly string[]
  /**
   * Of a counter with one label: the values whose series exist from the start. To Prometheus, a series that begins with 1
   * has not increased, so no alert would fire.
   */
  readonly fromStart?: readonly string[]
  /** Of a histogram, in the unit of the metric. */
  readonly buckets?: readonly number[]
}

/** The code of anything that is not a `WatcherError`. */
const unknownCode = 'UNEXPECTED'

/** An error code for labels, so that the number of label values is bounded. */
export function errorCodeOf(error: unknown): string {
  return isWatcherError(error) ? error.code : unknownCode
}

const codes = [...Object.keys(errorCodes), unknownCode]

const fast = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10]

/** Our metrics; prom-client adds those of the process. Times in seconds, sizes in bytes. */
export const declarations = {
  perun_watcher_info: { type: 'gauge', help: 'Always 1; the version of the daemon.', labels: ['version'] },
  perun_watcher_ready: { type: 'gauge', help: '1 if `/readyz` says ready, otherwise 0.' },

  perun_watcher_channels: { type: 'gauge', help: 'Guarded channels, archived ones included.' },
  perun_watcher_clients: { type: 'gauge', help: 'Clients that watch at least one channel.' },
  perun_watcher_capacity_channels: {
    type: 'gauge',
    help: 'Ledger channels that share the challenge windows with least room, if old states of all were registered at once.',
  },
  perun_watcher_capacity_answerable: {
    type: 'gauge',
    help: 'How many of those could be answered in time, with the accounts that can pay.',
  },
  perun_watcher_disputes_open: {
    type: 'gauge',
    help: 'Families of channels with a dispute under way, or a problem that may still be mended.',
  },
  perun_watcher_channels_warned: { type: 'gauge', help: 'Channels with a warning that still holds.' },
  perun_watcher_channels_unsettled: { type: 'gauge', help: 'Channels with a fact that is not final yet.' },
  perun_watcher_mailboxes: { type: 'gauge', help: 'Mailboxes that are in memory.' },
  perun_watcher_tasks: { type: 'gauge', help: 'Readings, recoveries and writes that wait.' },
  perun_watcher_refutations_asked_total: {
    type: 'counter',
    help: 'Refutations that were handed to the chain backend.',
  },
  perun_watcher_refutations_sent_total: { type: 'counter', help: 'Refutations that a node took.' },
  perun_watcher_refutations_waiting: {
    type: 'gauge',
    help: 'Refutations that no node has taken yet: they wait for a place, for money, or for an endpoint that takes them.',
  },
  perun_watcher_refutations_late: {
    type: 'gauge',
    help: 'Refutations that are in no block after a quarter of the time that they had.',
  },
  perun_watcher_unable: {
    type: 'gauge',
    help: '1 while the RPC endpoints cannot do what a dispute would need: sends, estimates or traces.',
    labels: ['ability'],
  },
  perun_watcher_refutations_included_total: { type: 'counter', help: 'Refutations that a block included.' },
  perun_watcher_refutations_failed_total: {
    type: 'counter',
    help: 'Refutations that ended otherwise, by error code. One may be tried again.',
    labels: ['code'],
    fromStart: codes,
  },
  perun_watcher_refutation_seconds_left: {
    type: 'histogram',
    help: 'Seconds of chain time left of the window when a refutation was included.',
    buckets: [0, 10, 60, 300, 900, 3600, 14_400, 86_400, 604_800],
  },
  perun_watcher_endangered_total: {
    type: 'counter',
    help: 'Warnings that a channel is endangered, by reason; `late` and `too-late` mean money.',
    labels: ['reason'],
  },

  perun_watcher_head_number: { type: 'gauge', help: 'Number of the newest block that was told.' },
  perun_watcher_head_age_seconds: { type: 'gauge', help: 'Time since the newest block was told.' },
  perun_watcher_caught_up: { type: 'gauge', help: '1 if everything up to the head was told, otherwise 0.' },
  perun_watcher_reorgs_total: { type: 'counter', help: 'Reorgs that took blocks out.' },
  perun_watcher_chain_stalled_total: { type: 'counter', help: 'How often the chain could not be followed.' },
  perun_watcher_endpoints_disagree: {
    type: 'gauge',
    help: '1 while the RPC endpoints disagree about blocks, logs of the adjudicator or the newest block, otherwise 0.',
  },
  perun_watcher_account_balance_ether: {
    type: 'gauge',
    help: 'Balance of an account that pays for refutations, as read last.',
    labels: ['account'],
  },
  perun_watcher_spent_ether_total: {
    type: 'counter',
    help: 'What transactions have cost since the log of spending was begun, also in earlier runs.',
  },
  perun_watcher_spent_gas_total: { type: 'counter', help: 'The same in gas.' },
  perun_watcher_client_spent_today_ether: {
    type: 'gauge',
    help: 'What a client cost on the present day of the chain, with what is signed and not included yet; those 20 that cost most, and `others`.',
    labels: ['client'],
  },
  perun_watcher_client_gas_today: { type: 'gauge', help: 'The same in gas, of what is included.', labels: ['client'] },
  perun_watcher_budget_refusals_total: {
    type: 'counter',
    help: 'How often a budget kept something from being sent that was no first answer; one transaction may be refused again and again.',
    labels: ['budget'],
    fromStart: budgetNames,
  },
  perun_watcher_rpc_endpoint_good: {
    type: 'gauge',
    help: '1 while an RPC endpoint answers and keeps up with the others, otherwise 0.',
    labels: ['endpoint'],
  },
  perun_watcher_rpc_requests_total: {
    type: 'counter',
    help: 'Requests to RPC endpoints; `result` is answered, or what the failure was about: call, size, service, method, history, nonsense or nothing.',
    labels: ['endpoint', 'method', 'result'],
  },
  perun_watcher_rpc_seconds: {
    type: 'histogram',
    help: 'Time until an RPC endpoint answered or refused.',
    labels: ['endpoint'],
    buckets: fast,
  },

  perun_watcher_publishes_total: {
    type: 'counter',
    help: 'States that clients published; `code` is `ok` or the error code.',
    labels: ['code'],
  },
  perun_watcher_publish_seconds: {
    type: 'histogram',
    help: 'Time from a publish to its durable acknowledgement.',
    buckets: fast,
  },
  perun_watcher_watch_requests_total: {
    type: 'counter',
    help: 'Requests to start or stop watching; `code` is `ok` or the error code.',
    labels: ['request', 'code'],
  },
  perun_watcher_connections: { type: 'gauge', help: 'Connections of clients.' },
  perun_watcher_transport_connections: {
    type: 'gauge',
    help: 'The same by transport, zmq or grpc, with those that have not said their first message.',
    labels: ['transport'],
  },
  perun_watcher_connections_unauthorised_total: {
    type: 'counter',
    help: 'Clients that were turned away because their key or token is not allowed.',
    labels: ['transport'],
  },
  perun_watcher_connections_refused_total: {
    type: 'counter',
    help: 'Connections that a transport refused or ended, by error code.',
    labels: ['transport', 'code'],
  },
  perun_watcher_sockets_turned_away_total: {
    type: 'counter',
    help: 'Sockets that were closed unread because there were too many, altogether or from one address; grpc only.',
    labels: ['transport'],
  },
  perun_watcher_clients_connected: { type: 'gauge', help: 'Clients with a connection at least.' },
  perun_watcher_watches: { type: 'gauge', help: 'Watches of all connections.' },
  perun_watcher_requests_in_progress: { type: 'gauge', help: 'Requests of clients that wait for their answer.' },
  perun_watcher_messages_total: {
    type: 'counter',
    help: 'Messages; `direction` is in or out.',
    labels: ['direction'],
  },
  perun_watcher_message_bytes_total: {
    type: 'counter',
    help: 'Bytes of messages; `direction` is in or out.',
    labels: ['direction'],
  },
  perun_watcher_events_sent_total: { type: 'counter', help: 'Events that were sent to clients.' },
  perun_watcher_refusals_total: {
    type: 'counter',
    help: 'Requests that were answered with an error, by its code.',
    labels: ['code'],
  },
  perun_watcher_stale_store_alarms_total: {
    type: 'counter',
    help: 'Clients whose receipt says more than the store holds: it was restored from an old backup.',
  },

  perun_watcher_store_bytes: { type: 'gauge', help: 'Bytes that the files of the store take.' },
  perun_watcher_store_commits_total: { type: 'counter', help: 'Commits, refused ones included.' },
  perun_watcher_store_transactions_total: {
    type: 'counter',
    help: 'Transactions that the commits were written in; each waits for the disk once.',
  },
  perun_watcher_store_commit_seconds: {
    type: 'histogram',
    help: 'Time until a commit was on disk.',
    buckets: fast,
  },
  perun_watcher_store_failures_total: {
    type: 'counter',
    help: 'Calls of the store that failed, by error code.',
    labels: ['code'],
    fromStart: codes.filter((code) => code.startsWith('STORE_')),
  },
  perun_watcher_log_entries_total: {
    type: 'counter',
    help: 'Log entries of level warn and error, whether written or not.',
    labels: ['level'],
    fromStart: ['warn', 'error'],
  },
} as const satisfies Readonly<Record<string, Declaration>>

export type MetricName = keyof typeof declarations
