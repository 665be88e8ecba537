import * as z from 'zod'

/*
 * What the control socket of a running daemon answers: JSON over HTTP on `<data>/control.sock`, for the commands of this
 * program. Numbers that may be large are decimal strings.
 *
 * - `GET /status`: a `Status`.
 * - `GET /channels`: a `ChannelLine` per line, in no particular order, whole or cut off: the last line is an `EndLine`.
 * - `POST /backup` with a `BackupRequest`: a `BackupDone`, once the copy is on disk.
 * - `POST /reload`: a `ReloadDone`, once the list of clients is that of the configuration.
 *
 * Everything else, and every failure: status 4xx or 5xx with a `Failure`.
 */

const decimal = z.string().regex(/^-?\d+$/)
const channelId = z.string().regex(/^0x[0-9a-f]{64}$/)

const block = z.object({ number: decimal, hash: z.string(), timestamp: decimal })

/** Also the answer of `/readyz`. */
export const readinessSchema = z.object({
  ready: z.boolean(),
  /** Why not; empty when ready. */
  reasons: z.array(z.object({ code: z.string(), message: z.string() })),
})

export type Readiness = z.infer<typeof readinessSchema>

const disputeSchema = z.object({
  channel: channelId,
  /** The newest version that was acknowledged. */
  version: decimal,
  registeredVersion: decimal.optional(),
  /** Chain time at which the challenge window closes, in seconds since 1970. */
  deadline: decimal.optional(),
  /** Counted from the newest block; negative if it has passed. */
  secondsLeft: decimal.optional(),
})

const accountSchema = z.object({
  address: z.string(),
  /** In wei; left out while unknown. */
  balance: decimal.optional(),
  isLow: z.boolean(),
  /** Wei that it should get; left out where it has enough, or while its balance is unknown. */
  needs: decimal.optional(),
})

/** Amounts in wei. What is signed and not included yet counts with the most that it may cost. */
const spentSchema = z.object({ transactions: z.number(), gas: decimal, cost: decimal })

const spendingSchema = z.object({
  /** On the present day of the chain. */
  today: spentSchema,
  /** Since the log of spending was begun. */
  total: z.object({ gas: decimal, cost: decimal }),
  /** Those that cost most today, at most 20. */
  clients: z.array(spentSchema.extend({ client: z.string() })),
  /** Of today, for nobody in particular and for other clients. */
  others: spentSchema,
  /** How often each budget said no since the start. */
  refusals: z.record(z.string(), z.number()),
  /** The newest transactions, at most 20, the newest first. */
  recent: z.array(
    z.object({
      account: z.string(),
      nonce: decimal,
      /** Left out until a block includes one. */
      transactionHash: z.string().optional(),
      outcome: z.enum(['pending', 'succeeded', 'failed', 'taken-back']),
      /** In seconds since 1970, by the chain. */
      time: decimal,
      gas: decimal,
      cost: decimal,
      /** The next four are left out where nobody knows any more. */
      call: z.string().optional(),
      rank: z.string().optional(),
      family: channelId.optional(),
      clients: z.array(z.string()).optional(),
    }),
  ),
})

const chainSchema = z.object({
  /** By which defaults go, such as `ethereum`. */
  kind: z.string(),
  /** `given` by the configuration, known by the `chain-id`, or `unknown`: then Ethereum's limits hold. */
  by: z.enum(['given', 'chain-id', 'unknown']),
  /** Seconds; left out where only the blocks tell. */
  blockSeconds: z.number().optional(),
  finalityDepth: z.number(),
  /** Seconds without a new block after which the daemon is not ready. */
  maxHeadAgeSeconds: z.number(),
  maxTransactionBytes: z.number(),
  maxTransactionGas: decimal,
  extraFee: z.enum(['none', 'from-balance', 'in-gas']),
})

const capacitySchema = z.object({
  /** Of the challenge windows that have least room, in seconds. */
  windowSeconds: z.number(),
  /** Ledger channels with this window or a shorter one. */
  channels: z.number(),
  /** How many of them could be answered within it, if old states of all were registered at once. */
  answerable: z.number(),
  /** Why no more: blocks take no more of the accounts in that time, or the accounts cannot pay for more. */
  limitedBy: z.enum(['places', 'funds']),
})

const rpcEndpointSchema = z.object({
  /** Without secrets. */
  name: z.string(),
  state: z.enum(['good', 'failing', 'behind']),
})

export const statusSchema = z.object({
  version: z.string(),
  /** `unconfigured`: settings are missing, and nothing is watched. */
  phase: z.enum(['unconfigured', 'starting', 'running', 'stopping']),
  pid: z.number(),
  uptimeSeconds: z.number(),
  readiness: readinessSchema,
  /** Settings that are missing, as sentences. */
  missing: z.array(z.string()),
  data: z.string(),
  ledger: z.string().optional(),
  /** What is usual on the chain, as far as it matters here. */
  chain: chainSchema.optional(),
  head: block.optional(),
  /** Since the daemon heard of it. */
  headAgeSeconds: z.number().optional(),
  channels: z.number(),
  /** Left out where nothing is guarded. */
  capacity: capacitySchema.optional(),
  /** At most 1 000, those with the nearest deadline. */
  disputes: z.array(disputeSchema),
  accounts: z.array(accountSchema),
  /** Where clients connect to over ZeroMQ. */
  endpoints: z.array(z.string()),
  /** The same over gRPC; left out where it is not offered. */
  grpcAddresses: z.array(z.string()).optional(),
  /** The JSON-RPC endpoints of the chain, in the order of preference. */
  rpc: z.array(rpcEndpointSchema),
  /** Left out until the store is open. */
  spending: spendingSchema.optional(),
  /** With CURVE: the key that clients need. */
  publicKey: z.string().optional(),
  /** With TLS: the SHA-256 of the public key by which clients know the watcher over gRPC. */
  tlsPublicKey: z.string().optional(),
  /** With receipts: the key that verifies them, as hexadecimal digits. */
  receiptKey: z.string().optional(),
  clients: z.object({ connected: z.number(), connections: z.number(), watches: z.number() }),
})

export type Status = z.infer<typeof statusSchema>

export const channelLineSchema = z.object({
  type: z.literal('channel'),
  id: channelId,
  parents: z.array(channelId),
  clients: z.array(z.string()),
  version: decimal,
  isFinal: z.boolean(),
  bytes: z.number(),
  isDisputed: z.boolean(),
  deadline: decimal.optional(),
  record: z.object({ version: decimal, phase: z.string(), timeout: decimal }).optional(),
})

export type ChannelLine = z.infer<typeof channelLineSchema>

export const endLineSchema = z.object({ type: z.literal('end'), channels: z.number() })

export type EndLine = z.infer<typeof endLineSchema>

export const backupRequestSchema = z.strictObject({
  /** Absolute, because the daemon has its own working directory. Nothing may be there yet. */
  path: z.string().startsWith('/').max(4096),
})

export const backupDoneSchema = z.object({ path: z.string() })

export const reloadDoneSchema = z.object({
  /** How many clients may connect; left out if everybody may. */
  clients: z.number().optional(),
  /** Names of clients that may connect now, and of those that no longer may. */
  added: z.array(z.string()),
  removed: z.array(z.string()),
  connectionsEnded: z.number(),
  /** Settings that changed in the configuration and take effect at the next restart. */
  needsRestart: z.array(z.string()),
})

export type ReloadDone = z.infer<typeof reloadDoneSchema>

export const failureSchema = z.object({
  /** One of the error codes. */
  code: z.string(),
  message: z.string(),
  remedy: z.string(),
})

export type Failure = z.infer<typeof failureSchema>
