import * as z from 'zod'
import {
  amount,
  clientKeys,
  contract,
  contracts,
  duration,
  endpoints,
  hostPorts,
  httpAddress,
  oneOf,
  path,
  rpcUrls,
  secret,
  size,
  wholeNumber,
  yesOrNo,
} from './kinds.ts'
import { dataDirectory } from './places.ts'
import { optional, setting } from './setting.ts'

/** Quotas of one client. */
const quotas = {
  channels: wholeNumber(1, 10_000_000),
  stored_bytes: size,
  publishes_per_second: wholeNumber(1, 1_000_000),
  publish_burst: wholeNumber(1, 10_000_000),
  connections: wholeNumber(1, 10_000),
}

/** Overrides for one client; quotas that are left out are those of everybody. */
const override = z.strictObject({
  channels: z.optional(quotas.channels.schema),
  stored_bytes: z.optional(quotas.stored_bytes.schema),
  publishes_per_second: z.optional(quotas.publishes_per_second.schema),
  publish_burst: z.optional(quotas.publish_burst.schema),
  connections: z.optional(quotas.connections.schema),
})

const clientName = z.string().regex(/^[\x21-\x7e]{1,128}$/)

const overrides = {
  form: 'table',
  expected: 'a table of clients, such as [quotas.clients."curve:…"], with quotas in them',
  schema: z.record(clientName, override),
} as const

/** Kinds of chains that chain-evm has presets for. Named again, as the schema is read by commands that need no chain. */
export const chainKinds = ['ethereum', 'optimism', 'arbitrum', 'polygon', 'gnosis', 'dev'] as const

/**
 * Every setting of the daemon, by section, named as in the file. Parsing, defaults, the names of environment variables and
 * flags, `--help`, errors and docs/configuration.md all derive from this.
 */
export const sections = {
  data: {
    directory: optional(path, dataDirectory.about, { default: dataDirectory.default }),
  },
  chain: {
    rpc: optional(
      rpcUrls,
      'JSON-RPC endpoints of one chain, the best first; the others are asked for what it cannot answer. Required, or `rpc_file`.',
      {
        example: '["http://127.0.0.1:8545"]',
      },
    ),
    rpc_file: optional(path, 'File with one such URL per line, for URLs that hold a key.'),
    id: optional(wholeNumber(1, Number.MAX_SAFE_INTEGER), 'Chain id that the endpoints must have. Required.', {
      example: '1',
    }),
    adjudicator: optional(contract, 'The adjudicator contract, generation v1 (perun-eth-contracts 1.0.0). Required.', {
      example: '"0x…"',
    }),
    library: setting(oneOf(['viem', 'ethers']), 'viem', 'Client library. With ethers, endpoints are http or https.'),
    poll_interval: optional(duration(), 'Time between two looks at the chain.', {
      default: 'the average time between blocks, 1 to 12 s',
    }),
    request_timeout: setting(duration(), '10s', 'After this time a request counts as unanswered.'),
    kind: optional(
      oneOf(chainKinds),
      'The kind of chain, by which the other defaults go; docs/chains.md lists them, with their sources.',
      { default: 'by the chain id; `ethereum` for one that is not known' },
    ),
    block_time: optional(
      duration(),
      'Usual time between blocks, by which it is judged how many disputes can be answered.',
      {
        default: 'by the kind of chain; measured where that does not say',
      },
    ),
    finality_depth: optional(
      wholeNumber(0, 1_000_000),
      'A block with this many blocks on top of it is never removed.',
      { default: 'by the kind of chain, 64 on Ethereum' },
    ),
    max_transaction_size: optional(
      size,
      'The largest transactions that nodes of the chain take. Channels that would not fit are refused.',
      { default: 'by the kind of chain, 131072 on Ethereum' },
    ),
    max_transaction_gas: optional(wholeNumber(200_000, 1_000_000_000_000), 'The same in gas.', {
      default: 'by the kind of chain, 16777216 on Ethereum',
    }),
    max_tree_channels: optional(
      wholeNumber(1, 20_000),
      'The most channels of one registration, with the ledger channel itself.',
      { default: 'as many as fit' },
    ),
    signature_threads: optional(wholeNumber(0, 64), 'Threads that check signatures beside the main one.', {
      default: 'one less than the cores, at most 4',
    }),
    max_head_age: optional(duration(), 'Not ready when no new block came for so long.', {
      default: 'by the kind of chain, 2 min on Ethereum',
    }),
  },
  account: {
    keystore_file: optional(path, 'Encrypted key of the account that pays for refutations (Ethereum JSON keystore).', {
      example: '"/etc/perun-watcher/keystore.json"',
    }),
    password_file: optional(path, 'File with the password of the keystore.'),
    password: optional(secret, 'Password of the keystore, instead of `password_file`.'),
    mnemonic_file: optional(path, 'File with a BIP-39 mnemonic, instead of a keystore.'),
    mnemonic: optional(secret, 'The mnemonic itself, instead of `mnemonic_file`.'),
    count: optional(
      wholeNumber(1, 100),
      "How many accounts pay: of a mnemonic m/44'/60'/0'/0/0 and on; of a keystore or a raw key that one, and those at m/44'/60'/0'/0/1 and on of the BIP-32 tree whose seed it is. A node holds few waiting transactions of one account, so the number decides how many disputes can be answered at once. Each has to be funded.",
      { default: '4 of a mnemonic, otherwise 1' },
    ),
    key_file: optional(path, 'File with a raw private key, 0x and 64 hexadecimal digits, instead of a keystore.'),
    key: optional(secret, 'The raw private key itself, instead of `key_file`.'),
    max_fee_gwei: setting(amount('gwei', 9), '500', 'No transaction offers more per gas, tip included.'),
    min_tip_gwei: optional(amount('gwei', 9), 'No transaction tips less per gas.', {
      default: 'by the kind of chain, 1 on Ethereum',
    }),
    max_pending: setting(wholeNumber(1, 10_000), 16, 'Transactions of one account that may wait at the same time.'),
    min_balance_ether: setting(
      amount('ether', 18),
      '0.01',
      'An account that holds less is low; not ready when all are.',
    ),
  },
  spending: {
    client_day_ether: setting(
      amount('ether', 18),
      '5',
      'A client that cost as much today gets first answers only: the newest state is not put in the place of an answer that stands.',
    ),
    dispute_ether: setting(amount('ether', 18), '2', 'The same for one family of channels in one challenge window.'),
    day_ether: setting(
      amount('ether', 18),
      '50',
      'The same for all clients on one day; whoever had less than an even share of it gets theirs all the same.',
    ),
    value_percent: optional(
      wholeNumber(0, 1_000_000),
      'The same for one dispute, in percent of what `ether_holders` hold for the channel; a channel without any deposit gets first answers only. Where anybody else holds anything for it, its value is not known, and nothing is limited by it.',
      { default: 'no such limit' },
    ),
    ether_holders: setting(contracts, [], 'Asset holders of the adjudicator that hold the coin of the chain.'),
  },
  listen: {
    endpoints: setting(
      endpoints,
      ['tcp://127.0.0.1:7350'],
      'Where clients connect to over ZeroMQ. `[]`, in the environment and as a flag `,`: nowhere, if there are `grpc_addresses`.',
    ),
    security: setting(
      oneOf(['curve', 'plaintext-on-loopback', 'anybody-can-read-and-change-messages']),
      'curve',
      'CURVE encrypts and tells clients by their keys. Without it a client may claim any name.',
    ),
    key_file: optional(path, 'CURVE secret key of this watcher.', {
      default: '`curve.key` in the data directory; made where there is none',
    }),
    grpc_addresses: setting(
      hostPorts,
      [],
      'Where clients connect to over gRPC, beside `endpoints` or instead of them.',
      {
        example: '["0.0.0.0:7351"]',
      },
    ),
    grpc_security: setting(
      oneOf(['tls', 'plaintext-on-loopback', 'anybody-can-read-and-change-messages']),
      'tls',
      'TLS encrypts and tells clients by the keys of their certificates. Without it a client without a token may claim any name.',
    ),
    grpc_key_file: optional(path, 'TLS private key of this watcher (PEM).', {
      default: '`tls.pem` in the data directory, with its certificate; made where there is none',
    }),
    grpc_certificate_file: optional(
      path,
      'Certificate of `grpc_key_file` (PEM), followed by those that vouch for it, if any.',
      { default: 'in the file of the key' },
    ),
    grpc_tokens_file: optional(
      path,
      'File with a line for each client that shows a token: its name, a space, and the SHA-256 of the token, as `perun-watcher keygen token` prints it. Clients in it may connect whatever `enrolment` says; `perun-watcher reload` reads it again.',
    ),
    grpc_connections_per_address: setting(
      wholeNumber(1, 1_000_000),
      256,
      'Connections over gRPC from one IPv4 address or one IPv6 /64 network; more where many clients share one.',
    ),
    enrolment: setting(
      oneOf(['listed', 'open']),
      'listed',
      'Whether only the clients listed below may connect, or everybody.',
    ),
    clients: setting(
      clientKeys,
      [],
      'The clients that may connect, over ZeroMQ and gRPC alike; `perun-watcher reload` reads them again.',
    ),
    clients_file: optional(
      path,
      'File with one such client per line; `perun-watcher reload` reads it again. A line that begins with `# ` is a comment.',
    ),
    max_connections: setting(wholeNumber(1, 1_000_000), 10_000, 'Connections of all clients together.'),
    idle_timeout: setting(duration(1000), '90s', 'A connection that is silent for so long is closed.'),
  },
  quotas: {
    channels: setting(quotas.channels, 1000, 'Channels that one client may watch.'),
    stored_bytes: setting(quotas.stored_bytes, '64MiB', 'Bytes that the channels of one client may take.'),
    publishes_per_second: setting(
      quotas.publishes_per_second,
      100,
      'States that one client may hand over per second for long, refused ones included.',
    ),
    publish_burst: setting(quotas.publish_burst, 200, 'States that one client may hand over at once after a pause.'),
    connections: setting(quotas.connections, 8, 'Connections that one client may have.'),
    total_channels: setting(wholeNumber(1, 1_000_000_000), 1_000_000, 'Channels of all clients together.'),
    total_clients: setting(wholeNumber(1, 1_000_000_000), 100_000, 'Clients that watch a channel.'),
    clients: setting(
      overrides,
      {},
      'Other quotas for single clients, by their name. They are not held up by what all have together.',
      {
        example: '{ "curve:<public key>" = { channels = 100000 }, "token:<client>" = { connections = 2 } }',
      },
    ),
  },
  events: {
    mailbox_limit: setting(
      wholeNumber(1, 100_000),
      64,
      'Events of one channel kept for a client that is away; then newer ones replace older ones.',
    ),
  },
  receipts: {
    enabled: setting(yesOrNo, true, 'Sign a receipt for every state that is stored.'),
    key_file: optional(path, 'Ed25519 key of the receipts.', {
      default: '`receipt.key` in the data directory; made where there is none',
    }),
  },
  http: {
    address: setting(httpAddress, '127.0.0.1:9464', 'Where /healthz, /readyz and /metrics are.'),
  },
  log: {
    level: setting(
      oneOf(['trace', 'debug', 'info', 'warn', 'error']),
      'info',
      'What is logged, and all that is worse.',
    ),
    format: setting(oneOf(['auto', 'pretty', 'json']), 'auto', 'Of the log; `auto` is pretty on a terminal.'),
  },
  dispute: {
    refute_depth: setting(
      wholeNumber(0, 1000),
      2,
      'Blocks on top of a dispute to wait for before answering it, where there is time.',
    ),
    shortest_challenge_duration: setting(
      duration(1_000),
      '1s',
      'New channels with a shorter challenge duration are refused; those that are guarded already stay.',
    ),
    funded_percent: setting(
      wholeNumber(0, 100),
      100,
      'New ledger channels are refused while the accounts could not pay for registering so many percent of all that is guarded; 0 refuses none.',
    ),
    history_bytes: setting(
      size,
      '16MiB',
      'Bytes of older states that are kept for one client, because a locked channel may need any of them; then the oldest go, and the client is told.',
    ),
  },
  sweep: {
    calls_per_minute: setting(
      wholeNumber(1, 100_000),
      60,
      'Most calls of the endpoint in a minute that read the records of all channels again, whatever the logs say; five minutes of them may be made at once.',
    ),
    shortest_period: setting(
      duration(1_000),
      '15s',
      'No channel is read that way more often than this; otherwise once per quarter of its challenge duration.',
    ),
  },
  settled: {
    release_after: setting(
      duration(60_000),
      '1d',
      'A ledger channel that was concluded for so long, without a break and without a restart, is let go, with what its clients have below it alone, once nothing is left in it by the word of two endpoints, where there are several: its clients have withdrawn, and need not come back to say so.',
    ),
  },
  shutdown: {
    grace: setting(duration(), '30s', 'How long a shutdown waits for disputes under way.'),
  },
}

export const configSchema = z.strictObject({
  data: z.strictObject(sections.data),
  chain: z.strictObject(sections.chain),
  account: z.strictObject(sections.account),
  spending: z.strictObject(sections.spending),
  listen: z.strictObject(sections.listen),
  quotas: z.strictObject(sections.quotas),
  events: z.strictObject(sections.events),
  receipts: z.strictObject(sections.receipts),
  http: z.strictObject(sections.http),
  log: z.strictObject(sections.log),
  dispute: z.strictObject(sections.dispute),
  sweep: z.strictObject(sections.sweep),
  settled: z.strictObject(sections.settled),
  shutdown: z.strictObject(sections.shutdown),
})

/** The parsed settings: times in milliseconds, sizes in bytes, amounts in wei. */
export type Config = z.output<typeof configSchema>
