import { type Block, type Hex, parseBlockHash } from '@perun-watcher/core'
import { deserialize, from, serialize } from 'ox/TxEnvelopeEip1559'
import { type Address, type EvmClient, type EvmSigner, parseAddress } from '../../../src/index.ts'
import { toQuantity } from '../../../src/internal.ts'
import { chainUnreachable, rpcRefused } from '../../../src/rpc/rpc-errors.ts'
import {
  parseAttempt,
  type SignedTransaction,
  transactionHash,
} from '../../../src/transactions/lane/signed-transaction.ts'

/** What goes wrong with a request: no answer although it was done, no answer and nothing done, or `null`. */
export type Fault = 'lost-answer' | 'lost' | 'null'

interface Pooled extends SignedTransaction {
  readonly account: Address
  readonly nonce: bigint
}

interface FakeBlock {
  readonly block: Block
  readonly baseFee: bigint
  readonly included: readonly Pooled[]
}

const word = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`
const account = (index: number): Address => parseAddress(`0x${(index + 1).toString(16).padStart(40, '0')}`)

/** Signs nothing, but says who sent it: the account is the signature. */
export function fakeSigner(index: number): EvmSigner {
  return {
    address: account(index),
    signTransaction: async ({ chainId, ...transaction }) => {
      const envelope = from({ ...transaction, chainId: Number(chainId), type: 'eip1559' })
      return serialize(envelope, { signature: { r: word(index + 1), s: word(1), yParity: 0 } })
    },
  }
}

/** What every transaction takes, in gas. */
export const gasUsed = 21_000n

/** What each gas of it costs in its block, in wei. */
function priceOf({ fees }: Pooled, { baseFee }: Pick<FakeBlock, 'baseFee'>): bigint {
  const offered = baseFee + fees.maxPriorityFeePerGas
  return offered < fees.maxFeePerGas ? offered : fees.maxFeePerGas
}

/** A node and its chain in memory. Blocks take what pays the base fee, in order of nonces, and no more than they hold. */
export class FakeNode {
  readonly client: EvmClient = { request: async (method, params) => this.#request(method, params) }
  /** Taken by the next requests, in order; `undefined` lets one pass. */
  readonly faults: (Fault | undefined)[] = []
  /** Every raw transaction that was ever sent here. */
  readonly sent: Hex[] = []
  baseFee = 1_000_000_000n
  /** What every account holds, in wei. */
  balance = 10n ** 20n
  /** What each transaction costs besides its gas, in wei: the fee for its data on a rollup. */
  dataFee = 0n
  /** Most that a transaction may cost in all, in wei. */
  mostCost: bigint | undefined
  /** Answers that take the place of the node's own, or errors if they throw. */
  readonly lies = new Map<string, (params: readonly unknown[]) => unknown>()
  #blocks: readonly FakeBlock[] = []
  #pool: readonly Pooled[] = []
  #serial = 0
  readonly #secondsPerBlock: bigint

  constructor(secondsPerBlock = 12n) {
    this.#secondsPerBlock = secondsPerBlock
    this.mine(0)
  }

  get head(): Block {
    return this.#top().block
  }

  get pool(): readonly Pooled[] {
    return this.#pool
  }

  /** All transactions of the chain as it is, oldest first. */
  included(): readonly Pooled[] {
    return this.#blocks.flatMap(({ included }) => included)
  }

  /** What the accounts have paid, in wei, by hash. */
  paid(): ReadonlyMap<Hex, bigint> {
    return new Map(
      this.#blocks.flatMap((block) =>
        block.included.map((each) => [each.hash, gasUsed * priceOf(each, block) + this.dataFee] as const),
      ),
    )
  }

  isCanonical(block: Block): boolean {
    return this.#blocks.some((other) => other.block.hash === block.hash)
  }

  nonceOf(address: Address): bigint {
    return BigInt(this.included().filter((transaction) => transaction.account === address).length)
  }

  mine(room: number): void {
    const included: Pooled[] = []
    const nonces = new Map<Address, bigint>()
    const byNonce = this.#pool.toSorted((a, b) => Number(a.nonce - b.nonce))
    for (const transaction of byNonce) {
      const next = nonces.get(transaction.account) ?? this.nonceOf(transaction.account)
      const pays = transaction.fees.maxFeePerGas >= this.baseFee
      if (included.length >= room || transaction.nonce !== next || !pays) continue
      included.push(transaction)
      nonces.set(transaction.account, next + 1n)
    }
    const number = BigInt(this.#blocks.length)
    const hash = parseBlockHash(`0x${(++this.#serial).toString(16).padStart(64, '0')}`)
    const block = { number, hash, timestamp: 1_000n + number * this.#secondsPerBlock }
    this.#blocks = [...this.#blocks, { block, baseFee: this.baseFee, included }]
    this.#pool = this.#pool.filter(({ account, nonce }) => nonce >= this.nonceOf(account))
  }

  /** Replaces the newest blocks by as many empty ones and one more; their transactions wait again, or are forgotten. */
  reorg(depth: number, keep: boolean): void {
    const gone = this.#blocks.slice(Math.max(1, this.#blocks.length - depth))
    this.#blocks = this.#blocks.slice(0, this.#blocks.length - gone.length)
    if (keep) for (const transaction of gone.flatMap(({ included }) => included)) this.#put(transaction)
    for (let block = 0; block <= gone.length; block++) this.mine(0)
  }

  /** Forgets one of the waiting transactions. */
  drop(index: number): void {
    if (this.#pool.length > 0) this.#pool = this.#pool.filter((_, at) => at !== index % this.#pool.length)
  }

  #top(): FakeBlock {
    const top = this.#blocks.at(-1)
    if (top === undefined) throw new Error('there is always a block')
    return top
  }

  #put(transaction: Pooled): void {
    const rest = this.#pool.filter(
      ({ account, nonce }) => account !== transaction.account || nonce !== transaction.nonce,
    )
    this.#pool = [...rest, transaction]
  }

  #request(method: string, params: readonly unknown[]): unknown {
    const fault = this.faults.shift()
    if (fault === 'lost') throw chainUnreachable(method, 'connection refused')
    // Only where a node may say it: it knows no such thing (yet).
    if (fault === 'null' && method === 'eth_getTransactionReceipt') return null
    const lie = this.lies.get(method)
    const answer = lie === undefined ? this.#answer(method, params) : lie(params)
    if (fault === 'lost-answer') throw chainUnreachable(method, 'socket hang up')
    return answer
  }

  #answer(method: string, [first, second]: readonly unknown[]): unknown {
    switch (method) {
      case 'eth_getBlockByNumber':
        return json(this.#top())
      case 'eth_getBlockByHash':
        return json(this.#blocks.find(({ block }) => block.hash === first))
      case 'eth_maxPriorityFeePerGas':
        return toQuantity(1_000_000_000n)
      case 'eth_gasPrice':
        return toQuantity(this.baseFee + 1_000_000_000n)
      case 'eth_feeHistory':
        return {
          baseFeePerGas: [this.#top().baseFee, this.baseFee].map(toQuantity),
          gasUsedRatio: [0.5],
          reward: [[toQuantity(1_000_000_000n)]],
        }
      case 'eth_getBalance':
        return toQuantity(this.balance)
      case 'eth_estimateGas':
        return toQuantity(100_000n)
      case 'eth_getTransactionCount':
        return toQuantity(this.#count(parseAddress(first), second === 'pending'))
      case 'eth_getTransactionReceipt':
        return this.#receipt(first)
      case 'eth_sendRawTransaction':
        return this.#accept(first)
      default:
        throw rpcRefused(method, { code: -32601, message: 'method not found', data: undefined })
    }
  }

  #count(address: Address, isPending: boolean): bigint {
    let count = this.nonceOf(address)
    const waits = (): boolean => this.#pool.some(({ account, nonce }) => account === address && nonce === count)
    while (isPending && waits()) count++
    return count
  }

  #receipt(hash: unknown): unknown {
    const found = this.#blocks.find(({ included }) => included.some((transaction) => transaction.hash === hash))
    const transaction = found?.included.find((each) => each.hash === hash)
    if (found === undefined || transaction === undefined) return null
    const { number, hash: blockHash } = found.block
    return {
      transactionHash: hash,
      blockNumber: toQuantity(number),
      blockHash,
      status: '0x1',
      gasUsed: toQuantity(gasUsed),
      effectiveGasPrice: toQuantity(priceOf(transaction, found)),
      ...(this.dataFee === 0n ? {} : { l1Fee: toQuantity(this.dataFee) }),
    }
  }

  #accept(raw: unknown): Hex {
    const transaction = parseFakeTransaction(raw)
    const { account, nonce, fees, hash } = transaction
    this.sent.push(transaction.raw)
    const refuse = (message: string): never => {
      throw rpcRefused('eth_sendRawTransaction', { code: -32000, message, data: undefined })
    }
    if (nonce < this.nonceOf(account)) refuse('nonce too low')
    const rival = this.#pool.find((other) => other.account === account && other.nonce === nonce)
    if (rival?.hash === hash) refuse('already known')
    const raises = (now: bigint, before: bigint): boolean => now * 10n >= before * 11n
    const isRaised =
      rival === undefined ||
      (raises(fees.maxFeePerGas, rival.fees.maxFeePerGas) &&
        raises(fees.maxPriorityFeePerGas, rival.fees.maxPriorityFeePerGas))
    if (!isRaised) refuse('replacement transaction underpriced')
    const cost = transaction.call.gas * fees.maxFeePerGas
    if (this.mostCost !== undefined && cost > this.mostCost) {
      refuse(`tx fee (${cost} wei) exceeds the configured cap (${this.mostCost} wei)`)
    }
    if (cost + this.dataFee > this.balance) refuse('insufficient funds for gas * price + value')
    this.#put(transaction)
    return hash
  }
}

/** What {@link fakeSigner} made. */
export function parseFakeTransaction(raw: unknown): Pooled {
  if (typeof raw !== 'string' || !raw.startsWith('0x02')) throw new Error('not a transaction')
  const hex: Hex = `0x${raw.slice(2)}`
  const { nonce = 0n, r = '0x' } = deserialize(`0x02${raw.slice(4)}`)
  const entry = { lane: account(0), sequence: nonce, hash: transactionHash(hex), raw: hex }
  return { ...parseAttempt(entry), nonce, account: account(Number(r) - 1) }
}

function json(found: FakeBlock | undefined): unknown {
  if (found === undefined) return null
  const { block, baseFee } = found
  return {
    number: toQuantity(block.number),
    hash: block.hash,
    parentHash: block.hash,
    timestamp: toQuantity(block.timestamp),
    baseFeePerGas: toQuantity(baseFee),
    gasLimit: toQuantity(30_000_000n),
    logsBloom: `0x${'00'.repeat(256)}`,
  }
}
