import {
  type AdjudicatorLog,
  type Block,
  type ChannelId,
  parseBlockHash,
  parseBytes,
  parseTransactionHash,
  type SignedState,
  type TransactionHash,
} from '@perun-watcher/core'
import {
  type ModelAdjudicator,
  type ModelDispute,
  type ModelDisputes,
  type ModelResult,
  ModelRevert,
  modelAdjudicator,
} from '@perun-watcher/core/testing'
import { type AssetHolders, obligingHolders, type Stage } from './asset-holders.ts'
import { simCrypto } from './crypto.ts'

export type ModelCall = (adjudicator: ModelAdjudicator, before: ModelDisputes, now: bigint) => ModelResult

/** A transaction in the mempool or in a block. */
export interface LedgerTransaction {
  readonly hash: TransactionHash
  readonly call: ModelCall
  /** The signed states in its calldata; empty where a wrapper hides them. */
  readonly calldata: readonly SignedState[]
  /** Sent by the watcher: waits in full blocks. */
  readonly byWatcher: boolean
  /** Whoever builds the next block puts it before the others. */
  readonly isInFront: boolean
}

export interface SubmitOptions {
  readonly calldata?: readonly SignedState[]
  readonly byWatcher?: boolean
  readonly isInFront?: boolean
}

export interface LedgerBlock extends Block {
  readonly logs: readonly AdjudicatorLog[]
  readonly disputes: ModelDisputes
  readonly transactions: readonly LedgerTransaction[]
  /** Transactions that were included and reverted, with the reason. */
  readonly reverted: ReadonlyMap<TransactionHash, string>
  /** The block below it; `undefined` for the first. */
  readonly parent: LedgerBlock | undefined
  /** What was paid out in it, per channel: who got how much of all assets together. */
  readonly payouts: ReadonlyMap<ChannelId, readonly bigint[]>
}

/** Picks from the waiting transactions what goes into a block. */
export type Chooser = (waiting: readonly LedgerTransaction[]) => readonly LedgerTransaction[]

export interface Offer {
  readonly states: readonly SignedState[]
  /** In seconds, of the newest block. */
  readonly timestamp: bigint
}

/** The chain as it is; what a node shows of it may be old or missing. */
export interface Ledger {
  readonly blocks: readonly LedgerBlock[]
  readonly head: LedgerBlock
  /** Every block that ever was the newest, in the order in which they were; some of them a reorg took out. */
  readonly heads: readonly LedgerBlock[]
  /** What the watcher ever handed to a node to be sent, and the newest block's time then. */
  readonly offers: readonly Offer[]
  offer(states: readonly SignedState[]): void
  submit(call: ModelCall, options?: SubmitOptions): LedgerTransaction
  /** Calls back with whatever comes into the mempool. */
  onSubmit(look: (transaction: LedgerTransaction) => void): void
  /** Puts a transaction into the mempool again, unless it is there. */
  resubmit(transaction: LedgerTransaction): void
  /** Takes a transaction out of the mempool, if it is still there. */
  drop(hash: TransactionHash): void
  /** Adds a block. `choose`: which of the waiting transactions it has room for, in its order. */
  mine(timestamp: bigint, choose: Chooser): void
  /** Takes the newest blocks out. `keeps`: which of their transactions wait again. */
  reorg(depth: number, keeps: (transaction: LedgerTransaction) => boolean): void
  /** The call on top of a block's disputes. @returns the reason of a revert. */
  tryCall(call: ModelCall, block: LedgerBlock, now: bigint): string | undefined
  /** What the disputes would be after it; `undefined`: it is refused. */
  look(call: ModelCall, block: LedgerBlock, now: bigint): ModelDisputes | undefined
  dispute(id: ChannelId): ModelDispute | undefined
  /** Whether something is in the mempool. */
  readonly isWaiting: boolean
}

const nobody = parseBytes('0x')

export const startTimestamp = 1_700_000_000n

const hash32 = (high: number, low: number): `0x${string}` =>
  `0x${high.toString(16).padStart(32, '0')}${low.toString(16).padStart(32, '0')}`

/** Several calls in one transaction: all of them, or nothing. */
export function together(...calls: readonly ModelCall[]): ModelCall {
  return (adjudicator, before, now) =>
    calls.reduce<ModelResult>(
      ({ disputes, updates }, call) => {
        const result = call(adjudicator, disputes, now)
        return { disputes: result.disputes, updates: [...updates, ...result.updates] }
      },
      { disputes: before, updates: [] },
    )
}

export function ledger(holders: AssetHolders = obligingHolders): Ledger {
  let paying = new Map<ChannelId, readonly bigint[]>()
  let stage: Stage = 'simulation'
  const adjudicator = modelAdjudicator(simCrypto, {
    moveFault: () => undefined,
    holds: () => true,
    payoutFault({ state, asset, balances }) {
      const fault = holders.payoutFault(state.outcome.assets[asset]?.holder ?? nobody, stage)
      if (fault !== undefined) return fault
      const before = paying.get(state.channelId) ?? []
      paying.set(
        state.channelId,
        balances.map((amount, participant) => amount + (before[participant] ?? 0n)),
      )
      return undefined
    },
  })
  const genesis: LedgerBlock = {
    number: 0n,
    hash: parseBlockHash(hash32(0, 0)),
    timestamp: startTimestamp,
    logs: [],
    disputes: new Map(),
    transactions: [],
    reverted: new Map(),
    parent: undefined,
    payouts: new Map(),
  }
  const heads: LedgerBlock[] = [genesis]
  const onlookers: ((transaction: LedgerTransaction) => void)[] = []
  const offers: Offer[] = []
  let blocks: readonly LedgerBlock[] = [genesis]
  let mempool: readonly LedgerTransaction[] = []
  let minted = 0
  const head = (): LedgerBlock => blocks.at(-1) ?? genesis

  function attempt(call: ModelCall, disputes: ModelDisputes, now: bigint): ModelResult | string {
    try {
      return call(adjudicator, disputes, now)
    } catch (error) {
      if (error instanceof ModelRevert) return error.message
      throw error
    }
  }

  function mine(timestamp: bigint, choose: Chooser): void {
    minted += 1
    const parent = head()
    const block: Block = {
      number: parent.number + 1n,
      hash: parseBlockHash(hash32(1, minted)),
      // Blocks of a fast chain share a second.
      timestamp: timestamp > parent.timestamp ? timestamp : parent.timestamp,
    }
    const logs: AdjudicatorLog[] = []
    const transactions = choose(mempool)
    mempool = mempool.filter((transaction) => !transactions.includes(transaction))
    const reverted = new Map<TransactionHash, string>()
    const payouts = new Map<ChannelId, readonly bigint[]>()
    let { disputes } = parent
    for (const transaction of transactions) {
      paying = new Map()
      stage = 'block'
      const result = attempt(transaction.call, disputes, block.timestamp)
      stage = 'simulation'
      if (typeof result === 'string') {
        reverted.set(transaction.hash, result)
        continue
      }
      disputes = result.disputes
      for (const [id, amounts] of paying) payouts.set(id, amounts)
      for (const update of result.updates) {
        logs.push({ ...update, block, transactionHash: transaction.hash, logIndex: logs.length })
      }
    }
    const mined = { ...block, logs, disputes, transactions, reverted, parent, payouts }
    heads.push(mined)
    blocks = [...blocks, mined]
  }

  return {
    get blocks() {
      return blocks
    },
    get head() {
      return head()
    },
    heads,
    offers,
    offer(states) {
      offers.push({ states, timestamp: head().timestamp })
    },
    submit(call, { calldata = [], byWatcher = false, isInFront = false } = {}) {
      minted += 1
      const transaction = { hash: parseTransactionHash(hash32(2, minted)), call, calldata, byWatcher, isInFront }
      mempool = [...mempool, transaction]
      for (const look of onlookers) look(transaction)
      return transaction
    },
    onSubmit(look) {
      onlookers.push(look)
    },
    resubmit(transaction) {
      if (!mempool.some(({ hash }) => hash === transaction.hash)) mempool = [...mempool, transaction]
    },
    drop(hash) {
      mempool = mempool.filter((transaction) => transaction.hash !== hash)
    },
    mine,
    reorg(depth, keeps) {
      const [, ...rest] = blocks
      const removed = rest.slice(Math.max(0, rest.length - depth))
      blocks = blocks.slice(0, blocks.length - removed.length)
      mempool = [...removed.flatMap((block) => block.transactions).filter(keeps), ...mempool]
    },
    tryCall(call, block, now) {
      const result = attempt(call, block.disputes, now)
      return typeof result === 'string' ? result : undefined
    },
    look(call, block, now) {
      const result = attempt(call, block.disputes, now)
      return typeof result === 'string' ? undefined : result.disputes
    },
    get isWaiting() {
      return mempool.length > 0
    },
    dispute: (id) => head().disputes.get(id),
  }
}
