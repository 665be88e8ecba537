import { type Address, parseAddress } from '@perun-watcher/chain-evm'
import type { Hex } from '@perun-watcher/core'
import type { Chain, TruthBlock } from '../truth/chain.ts'
import { adjudicatorAddress, type Contract } from '../truth/contract.ts'
import { runCode } from '../truth/evm.ts'
import { quantity, word } from '../truth/hash.ts'
import type { Market } from '../truth/market.ts'
import type { Transaction } from '../truth/transaction.ts'
import { type Answer, type Exchange, fieldOf, isHex, Refused, refusal, result } from './answer.ts'
import { blockJson, logJson, receiptJson } from './block-json.ts'
import { type PoolRules, pendingNonce, takeIntoPool } from './pool-rules.ts'

/** A node that is right about the chain as far as it has heard of it, and answers at once. */
export interface NodeDeps {
  readonly chain: Chain
  readonly contract: Contract
  readonly market: Market
  readonly now: () => number
  /** How long after the world a block is known here. */
  readonly lagMs: number
  readonly rules: PoolRules
  /** Whether it runs code that is only handed to it. */
  readonly takesCode: TakesCode
}

/** `overrides`: in the place of an account's, as geth does. `creation`: to create a contract, as every node does. */
export type TakesCode = 'overrides' | 'creation' | 'nothing'

export interface Node {
  answer(exchange: Exchange): Answer
  /** The newest block that it knows. */
  readonly head: TruthBlock
}

const serverError = -32_000
const invalidParams = -32_602
/** As geth gives a call by default. */
const callGas = 50_000_000n

function text(value: unknown, what: string): Hex {
  if (!isHex(value)) throw new Refused(invalidParams, `invalid argument: ${what}`)
  return value
}

/** `Error(string)`, as `require` reverts. */
function revertData(reason: string): Hex {
  const bytes = Buffer.from(reason, 'utf8')
  const padded = Buffer.alloc(Math.ceil(bytes.length / 32) * 32)
  bytes.copy(padded)
  return `0x08c379a0${word(32)}${word(bytes.length)}${padded.toString('hex')}`
}

export function node({ chain, contract, market, now, lagMs, rules, takesCode }: NodeDeps): Node {
  let position = 0

  function head(): TruthBlock {
    while ((chain.heads[position + 1]?.atMs ?? Number.POSITIVE_INFINITY) + lagMs <= now()) position += 1
    return chain.heads[position] ?? chain.head
  }

  /** The block that a tag names; `undefined`: this node does not know it. */
  function blockOf(tag: unknown): TruthBlock | undefined {
    const hash = fieldOf(tag, 'blockHash')
    if (isHex(hash)) return known(hash)
    const name = fieldOf(tag, 'blockNumber') ?? tag ?? 'latest'
    if (name === 'earliest') return chain.at(head(), 0)
    if (name === 'safe' || name === 'finalized') return chain.at(head(), Math.max(0, head().number - 64))
    if (name === 'latest' || name === 'pending') return head()
    return chain.at(head(), Number(text(name, 'block')))
  }

  function known(hash: Hex): TruthBlock | undefined {
    const block = chain.byHash(hash)
    return block !== undefined && block.atMs + lagMs <= now() ? block : undefined
  }

  function stateAt(tag: unknown): TruthBlock {
    const block = blockOf(tag)
    if (block === undefined) throw new Refused(serverError, 'header not found')
    return block
  }

  function logsOf(filter: unknown): unknown {
    const hash = fieldOf(filter, 'blockHash')
    const blocks = isHex(hash) ? [wanted(hash)] : range(fieldOf(filter, 'fromBlock'), fieldOf(filter, 'toBlock'))
    const topics = fieldOf(filter, 'topics')
    const [first, second]: readonly unknown[] = Array.isArray(topics) ? topics : []
    return blocks.flatMap((block) =>
      block.logs
        .filter(({ topics: own }) => matches(first, own[0]) && matches(second, own[1]))
        .map((log) => logJson(block, log)),
    )
  }

  function wanted(hash: Hex): TruthBlock {
    const block = known(hash)
    if (block === undefined) throw new Refused(serverError, 'unknown block')
    return block
  }

  function range(from: unknown, to: unknown): readonly TruthBlock[] {
    const first = numberOf(from)
    const last = Math.min(numberOf(to), head().number)
    if (first > numberOf(to)) throw new Refused(serverError, 'invalid block range params')
    const found: TruthBlock[] = []
    for (let number = first; number <= last; number++) {
      const block = chain.at(head(), number)
      // Most blocks hold nothing of anybody's.
      if (block !== undefined && block.logs.length > 0) found.push(block)
    }
    return found
  }

  const numberOf = (tag: unknown): number => (isHex(tag) ? Number(tag) : head().number)

  function call([request, tag, overrides]: readonly unknown[]): Hex {
    const block = stateAt(tag)
    const code = codeOf(request, overrides)
    if (code !== undefined) return execute(code, request, block)
    if (text(fieldOf(request, 'to'), 'to').toLowerCase() !== adjudicatorAddress) return '0x'
    const data = text(fieldOf(request, 'data') ?? fieldOf(request, 'input'), 'data')
    const answer = contract.view(data, block.disputes)
    if (answer !== undefined) return answer
    simulate(request, block)
    return '0x'
  }

  /** Code that the call brings along; `undefined`: none. @throws Refused where this node takes none. */
  function codeOf(request: unknown, overrides: unknown): Hex | undefined {
    const to = fieldOf(request, 'to')
    if (overrides === undefined && isHex(to)) return undefined
    if (!isHex(to)) {
      if (takesCode === 'nothing') throw new Refused(invalidParams, 'invalid argument 0: missing value for field to')
      return text(fieldOf(request, 'data') ?? fieldOf(request, 'input'), 'data')
    }
    if (takesCode !== 'overrides') throw new Refused(invalidParams, 'too many arguments, want at most 2')
    return text(fieldOf(fieldOf(overrides, to), 'code') ?? '0x', 'code')
  }

  function execute(code: Hex, request: unknown, block: TruthBlock): Hex {
    const gas = fieldOf(request, 'gas')
    const done = runCode({
      code,
      callData: isHex(fieldOf(request, 'to'))
        ? text(fieldOf(request, 'data') ?? fieldOf(request, 'input'), 'data')
        : '0x',
      gas: isHex(gas) && BigInt(gas) < callGas ? BigInt(gas) : callGas,
      staticCall: (to, data) => (to === adjudicatorAddress ? contract.view(data, block.disputes) : '0x'),
    })
    switch (done.type) {
      case 'returned':
        return done.data
      case 'reverted':
        throw new Refused(3, 'execution reverted', done.data)
      case 'halted':
        throw new Refused(serverError, done.reason)
    }
  }

  function transactionOf(request: unknown): Transaction {
    const from = fieldOf(request, 'from')
    const gas = fieldOf(request, 'gas')
    return {
      hash: '0x',
      raw: '0x',
      from: parseAddress(from ?? `0x${'00'.repeat(20)}`),
      nonce: 0n,
      to: parseAddress(fieldOf(request, 'to')),
      data: text(fieldOf(request, 'data') ?? fieldOf(request, 'input') ?? '0x', 'data'),
      gas: isHex(gas) ? BigInt(gas) : 50_000_000n,
      maxFeePerGas: 0n,
      maxPriorityFeePerGas: 0n,
      move: undefined,
    }
  }

  /** @returns the gas. @throws Refused where the contract does. */
  function simulate(request: unknown, block: TruthBlock): bigint {
    const outcome = contract.run(transactionOf(request), block.disputes, block.timestamp, false)
    if (outcome.type === 'reverted') {
      throw new Refused(3, `execution reverted: ${outcome.reason}`, revertData(outcome.reason))
    }
    return outcome.gasUsed
  }

  function feeHistory([count, newest, percentiles]: readonly unknown[]): unknown {
    const tip = stateAt(newest)
    const length = Math.min(Number(count), 1_024, tip.number + 1)
    const blocks = Array.from({ length }, (_, index) => chain.at(tip, tip.number - length + 1 + index)).filter(
      (block) => block !== undefined,
    )
    const suggested = quantity(market.tipSuggested(now()))
    const columns = Array.isArray(percentiles) ? percentiles.length : 0
    return {
      oldestBlock: quantity(blocks[0]?.number ?? 0),
      baseFeePerGas: [
        ...blocks.map(({ baseFee }) => quantity(baseFee)),
        quantity(market.baseFeeAfter(tip.baseFee, now())),
      ],
      gasUsedRatio: blocks.map(() => 0.5),
      ...(columns === 0 ? {} : { reward: blocks.map(() => Array.from({ length: columns }, () => suggested)) }),
    }
  }

  function transactionJson(hash: Hex): unknown {
    const found = chain.find(hash, head())
    const transaction = found?.included.transaction ?? chain.pool.get(hash)
    if (transaction === undefined) return null
    return {
      hash,
      from: transaction.from,
      to: transaction.to,
      input: transaction.data,
      nonce: quantity(transaction.nonce),
      blockHash: found?.block.hash ?? null,
      blockNumber: found === undefined ? null : quantity(found.block.number),
    }
  }

  function blockAnswer(block: TruthBlock | undefined): unknown {
    return block === undefined ? null : blockJson(block)
  }

  const methods: Readonly<Record<string, (params: readonly unknown[]) => unknown>> = {
    eth_chainId: () => quantity(rules.chainId),
    net_version: () => rules.chainId.toString(),
    web3_clientVersion: () => 'Geth/v1.16.4-stable/linux-amd64/go1.24.1',
    eth_syncing: () => false,
    eth_blockNumber: () => quantity(head().number),
    eth_getCode: ([address]) => (addressOf(address) === adjudicatorAddress ? '0x6001' : '0x'),
    eth_call: call,
    eth_estimateGas: ([request, tag]) => quantity(simulate(request, stateAt(tag))),
    eth_getBlockByNumber: ([tag]) => blockAnswer(blockOf(tag)),
    eth_getBlockByHash: ([hash]) => blockAnswer(known(text(hash, 'hash'))),
    eth_getLogs: ([filter]) => logsOf(filter),
    eth_getBalance: ([account, tag]) => quantity(stateAt(tag).accounts.get(addressOf(account))?.balance ?? 0n),
    eth_getTransactionCount: ([account, tag]) =>
      quantity(
        tag === 'pending'
          ? pendingNonce(chain, head(), addressOf(account))
          : (stateAt(tag).accounts.get(addressOf(account))?.nonce ?? 0n),
      ),
    eth_maxPriorityFeePerGas: () => quantity(market.tipSuggested(now())),
    eth_gasPrice: () => quantity(head().baseFee + market.tipSuggested(now())),
    eth_feeHistory: feeHistory,
    eth_getTransactionByHash: ([hash]) => transactionJson(text(hash, 'hash')),
    eth_getTransactionReceipt: ([hash]) => {
      const found = chain.find(text(hash, 'hash'), head())
      return found === undefined ? null : receiptJson(found.block, found.included)
    },
    eth_sendRawTransaction: ([raw]) => takeIntoPool(chain, head(), text(raw, 'transaction'), rules).hash,
  }

  return {
    get head() {
      return head()
    },
    answer({ method, params }) {
      const own = methods[method]
      if (own === undefined) return refusal(-32_601, `the method ${method} does not exist/is not available`)
      try {
        return result(own(params))
      } catch (error) {
        if (error instanceof Refused) return error.answer
        throw error
      }
    },
  }
}

function addressOf(value: unknown): Address {
  return parseAddress(value)
}

function matches(wanted: unknown, own: Hex): boolean {
  if (wanted === undefined || wanted === null) return true
  if (Array.isArray(wanted)) return wanted.some((each) => matches(each, own))
  return typeof wanted === 'string' && wanted.toLowerCase() === own
}
