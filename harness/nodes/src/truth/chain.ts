import type { Address } from '@perun-watcher/chain-evm'
import type { Hex } from '@perun-watcher/core'
import type { ModelDisputes, ModelUpdate } from '@perun-watcher/core/testing'
import { bloomOf } from './bloom.ts'
import { adjudicatorAddress, type Contract, updateTopic } from './contract.ts'
import { hashOf, word } from './hash.ts'
import type { Market } from './market.ts'
import { effectiveTip, type Transaction } from './transaction.ts'

export interface Account {
  readonly nonce: bigint
  readonly balance: bigint
}

export type Accounts = ReadonlyMap<Address, Account>

/** One `ChannelUpdate`, without the block that it is in. */
export interface TruthLog {
  readonly transactionHash: Hex
  readonly topics: readonly [Hex, Hex]
  readonly data: Hex
  readonly logIndex: number
}

export interface Included {
  readonly transaction: Transaction
  readonly succeeded: boolean
  readonly gasUsed: bigint
  /** In wei, with what the chain takes besides gas. */
  readonly paid: bigint
  readonly logs: readonly TruthLog[]
}

export interface TruthBlock {
  readonly number: number
  readonly hash: Hex
  readonly parent: TruthBlock | undefined
  readonly timestamp: bigint
  readonly baseFee: bigint
  readonly bloom: Hex
  readonly included: readonly Included[]
  readonly logs: readonly TruthLog[]
  readonly disputes: ModelDisputes
  readonly accounts: Accounts
  /** When the world made it. */
  readonly atMs: number
}

export const gasLimit = 30_000_000n

/** What every node would show if it were right and quick. */
export interface Chain {
  readonly head: TruthBlock
  /** Every head that ever was, in the order of time. */
  readonly heads: readonly TruthBlock[]
  readonly pool: ReadonlyMap<Hex, Transaction>
  /** The block with a number on the chain that ends with `tip`. */
  at(tip: TruthBlock, number: number): TruthBlock | undefined
  byHash(hash: Hex): TruthBlock | undefined
  isOn(tip: TruthBlock, block: TruthBlock): boolean
  /** Where a transaction was included, on the chain that ends with `tip`. */
  find(hash: Hex, tip: TruthBlock): { readonly block: TruthBlock; readonly included: Included } | undefined
  submit(transaction: Transaction): void
  drop(hash: Hex): void
  mine(): void
  /** Takes the newest blocks out and puts others in their place, one more than before. `keeps`: what waits again. */
  reorg(depth: number, keeps: (transaction: Transaction) => boolean): void
  onBlock(look: (block: TruthBlock) => void): void
}

export interface ChainDeps {
  readonly contract: Contract
  readonly market: Market
  readonly now: () => number
  readonly accounts: Accounts
  /** What accounts are given, without anybody's transaction. */
  readonly credits: readonly Credit[]
  /** Who loses everything, in the same way: to whoever else has the key. */
  readonly drains: readonly Drain[]
  readonly genesisSeconds: bigint
  /** What each transaction pays besides gas, in wei (OP stack). */
  readonly extraFee: (transaction: Transaction) => bigint
  /** Who pays nothing and goes first: outsiders that build blocks. */
  readonly isFree: (account: Address) => boolean
}

/** The first block after this instant has it, on whatever chain. */
export interface Drain {
  readonly account: Address
  readonly atMs: number
}

export interface Credit extends Drain {
  readonly wei: bigint
}

const noBloom = bloomOf([])

/** A block that is being made. */
interface Draft extends Pick<TruthBlock, 'timestamp' | 'baseFee' | 'accounts' | 'disputes' | 'logs' | 'included'> {
  readonly gas: bigint
}

const phases = ['dispute', 'forceExec', 'concluded'] as const

function logOf({ hash }: Transaction, { channelId, version, phase, timeout }: ModelUpdate, logIndex: number): TruthLog {
  return {
    transactionHash: hash,
    topics: [updateTopic, channelId],
    data: `0x${word(version)}${word(phases.indexOf(phase))}${word(timeout)}`,
    logIndex,
  }
}

export function chain(deps: ChainDeps): Chain {
  const { contract, market, now, genesisSeconds } = deps
  const genesis: TruthBlock = {
    number: 0,
    hash: hashOf('genesis'),
    parent: undefined,
    timestamp: genesisSeconds,
    baseFee: market.calmBaseFee,
    bloom: noBloom,
    included: [],
    logs: [],
    disputes: new Map(),
    accounts: deps.accounts,
    atMs: 0,
  }
  let canonical: TruthBlock[] = [genesis]
  const heads: TruthBlock[] = [genesis]
  const blocks = new Map<Hex, TruthBlock>([[genesis.hash, genesis]])
  const inclusions = new Map<Hex, TruthBlock[]>()
  const pool = new Map<Hex, Transaction>()
  const lookers: ((block: TruthBlock) => void)[] = []
  let salt = 0
  const head = (): TruthBlock => canonical.at(-1) ?? genesis

  function at(tip: TruthBlock, number: number): TruthBlock | undefined {
    if (number < 0) return undefined
    for (let block: TruthBlock | undefined = tip; block !== undefined && block.number >= number; block = block.parent) {
      if (canonical[block.number] === block) return canonical[number]
      if (block.number === number) return block
    }
    return undefined
  }

  /** What waits, in the order in which a block takes it. */
  function waiting(baseFee: bigint, tipNeeded: bigint): readonly Transaction[] {
    const willing = [...pool.values()].filter(
      (each) => deps.isFree(each.from) || effectiveTip(each, baseFee) >= tipNeeded,
    )
    return willing.sort((a, b) => Number(a.nonce - b.nonce) || (a.hash < b.hash ? -1 : 1))
  }

  /** What one transaction does on top of others; `undefined`: no block takes it now. */
  function execute(transaction: Transaction, draft: Draft): Draft | undefined {
    const { from, gas: limit, maxFeePerGas } = transaction
    const account = draft.accounts.get(from) ?? { nonce: 0n, balance: 0n }
    const isFree = deps.isFree(from)
    const extra = isFree ? 0n : deps.extraFee(transaction)
    const isReady = isFree || (transaction.nonce === account.nonce && account.balance >= limit * maxFeePerGas + extra)
    if (!isReady) return undefined
    const outcome = contract.run(transaction, draft.disputes, draft.timestamp, true)
    const gas = draft.gas + outcome.gasUsed
    if (gas > gasLimit) return undefined
    const paid = isFree ? 0n : outcome.gasUsed * (draft.baseFee + effectiveTip(transaction, draft.baseFee)) + extra
    const updates = outcome.type === 'done' ? outcome.result.updates : []
    const logs = updates.map((update, index) => logOf(transaction, update, draft.logs.length + index))
    return {
      ...draft,
      gas,
      accounts: new Map(draft.accounts).set(from, { nonce: account.nonce + 1n, balance: account.balance - paid }),
      disputes: outcome.type === 'done' ? outcome.result.disputes : draft.disputes,
      logs: [...draft.logs, ...logs],
      included: [
        ...draft.included,
        { transaction, succeeded: outcome.type === 'done', gasUsed: outcome.gasUsed, paid, logs },
      ],
    }
  }

  /** What accounts hold once everything that is due since a block has come and gone. */
  function accountsAfter({ accounts, atMs: before }: TruthBlock): Accounts {
    const isDue = ({ atMs }: Drain): boolean => before < atMs && atMs <= now()
    const [drains, credits] = [deps.drains.filter(isDue), deps.credits.filter(isDue)]
    if (drains.length + credits.length === 0) return accounts
    const found = new Map(accounts)
    for (const { account } of drains) {
      found.set(account, { nonce: found.get(account)?.nonce ?? 0n, balance: 0n })
    }
    for (const { account, wei } of credits) {
      const { nonce, balance } = found.get(account) ?? { nonce: 0n, balance: 0n }
      found.set(account, { nonce, balance: balance + wei })
    }
    return found
  }

  function next(parent: TruthBlock): TruthBlock {
    const seconds = genesisSeconds + BigInt(Math.floor(now() / 1_000))
    const baseFee = market.baseFeeAfter(parent.baseFee, now())
    const empty: Draft = {
      timestamp: seconds > parent.timestamp ? seconds : parent.timestamp,
      baseFee,
      gas: 0n,
      accounts: accountsAfter(parent),
      disputes: parent.disputes,
      logs: [],
      included: [],
    }
    const { gas: _, ...done } = waiting(baseFee, market.tipNeeded(now())).reduce(
      (draft, transaction) => execute(transaction, draft) ?? draft,
      empty,
    )
    const number = parent.number + 1
    const topics = done.logs.flatMap((log) => log.topics)
    return {
      ...done,
      number,
      hash: hashOf(`${parent.hash} ${number} ${salt}`),
      parent,
      bloom: topics.length === 0 ? noBloom : bloomOf([adjudicatorAddress, ...topics]),
      atMs: now(),
    }
  }

  function add(block: TruthBlock): void {
    canonical.push(block)
    blocks.set(block.hash, block)
    for (const { transaction } of block.included) {
      pool.delete(transaction.hash)
      inclusions.set(transaction.hash, [...(inclusions.get(transaction.hash) ?? []), block])
    }
    // Whatever has a nonce that is spent can never be included any more.
    for (const waiting of [...pool.values()]) {
      if (!deps.isFree(waiting.from) && waiting.nonce < (block.accounts.get(waiting.from)?.nonce ?? 0n))
        pool.delete(waiting.hash)
    }
  }

  function announce(): void {
    const block = head()
    heads.push(block)
    for (const look of lookers) look(block)
  }

  return {
    get head() {
      return head()
    },
    heads,
    pool,
    at,
    byHash: (hash) => blocks.get(hash),
    isOn: (tip, block) => at(tip, block.number) === block,
    find(hash, tip) {
      const block = inclusions.get(hash)?.find((each) => at(tip, each.number) === each)
      const included = block?.included.find(({ transaction }) => transaction.hash === hash)
      return block === undefined || included === undefined ? undefined : { block, included }
    },
    submit: (transaction) => void pool.set(transaction.hash, transaction),
    drop: (hash) => void pool.delete(hash),
    mine() {
      add(next(head()))
      announce()
    },
    reorg(depth, keeps) {
      salt += 1
      const removed = canonical.slice(Math.max(1, canonical.length - depth))
      canonical = canonical.slice(0, canonical.length - removed.length)
      for (const { included } of removed) {
        for (const { transaction } of included) if (keeps(transaction)) pool.set(transaction.hash, transaction)
      }
      for (let count = 0; count <= removed.length; count++) add(next(head()))
      announce()
    },
    onBlock: (look) => void lookers.push(look),
  }
}
