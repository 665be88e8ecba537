import type { Address } from '@perun-watcher/chain-evm'
import type { Hex } from '@perun-watcher/core'
import type { Chain, TruthBlock } from '../truth/chain.ts'
import { gasLimit } from '../truth/chain.ts'
import { decodeTransaction, type Transaction } from '../truth/transaction.ts'
import { Refused } from './answer.ts'

/** What a node takes into its pool. */
export interface PoolRules {
  readonly chainId: bigint
  /** Percent, in tenths, by which a replacement must raise both fees: 100 or 125. */
  readonly raise: bigint
  /** Transactions of one account that may wait with a nonce that is next in turn. */
  readonly pending: number
  /** And beyond a gap. */
  readonly queued: number
  /** Most that a transaction may cost, in wei; `undefined`: no such cap. */
  readonly feeCap: bigint | undefined
  /** Most gas of one transaction. */
  readonly gasCap: bigint
  /** What a transaction costs besides gas. */
  readonly extraFee: (transaction: Transaction) => bigint
}

const serverError = -32_000

const ether = (wei: bigint): string => (Number(wei) / 1e18).toFixed(2)

function own(pool: ReadonlyMap<Hex, Transaction>, account: Address): readonly Transaction[] {
  return [...pool.values()].filter(({ from }) => from === account).sort((a, b) => Number(a.nonce - b.nonce))
}

/** How many nonces of an account are taken, in turn, by blocks and by what waits. */
export function pendingNonce(chain: Chain, head: TruthBlock, account: Address): bigint {
  let nonce = head.accounts.get(account)?.nonce ?? 0n
  for (const each of own(chain.pool, account)) if (each.nonce === nonce) nonce += 1n
  return nonce
}

function isRaised(before: bigint, after: bigint, raise: bigint): boolean {
  return after * 1_000n >= before * (1_000n + raise)
}

/** What a transaction must be, whoever sends it. @throws Refused */
function checkForm({ gas, maxFeePerGas, maxPriorityFeePerGas }: Transaction, rules: PoolRules): void {
  if (gas > gasLimit) throw new Refused(serverError, 'exceeds block gas limit')
  if (gas > rules.gasCap) {
    throw new Refused(serverError, `transaction gas limit too high (cap: ${rules.gasCap}, tx: ${gas})`)
  }
  const cost = gas * maxFeePerGas
  if (rules.feeCap !== undefined && cost > rules.feeCap) {
    const said = `tx fee (${ether(cost)} ether) exceeds the configured cap (${ether(rules.feeCap)} ether)`
    throw new Refused(serverError, said)
  }
  if (maxPriorityFeePerGas > maxFeePerGas) {
    throw new Refused(serverError, 'max priority fee per gas higher than max fee per gas')
  }
}

/** Whether the account can pay for it on top of what waits. @throws Refused */
function checkFunds(transaction: Transaction, balance: bigint, others: readonly Transaction[], rules: PoolRules): void {
  const cost = transaction.gas * transaction.maxFeePerGas + rules.extraFee(transaction)
  const promised = others.reduce((sum, each) => sum + each.gas * each.maxFeePerGas, 0n)
  if (balance >= promised + cost) return
  const overshot = promised + cost - balance
  throw new Refused(
    serverError,
    `insufficient funds for gas * price + value: balance ${balance}, tx cost ${cost}, overshot ${overshot}`,
  )
}

/** Whether it offers enough more than the one with the same nonce. @throws Refused */
function checkRaise(before: Transaction, after: Transaction, raise: bigint): void {
  const isEnough =
    isRaised(before.maxFeePerGas, after.maxFeePerGas, raise) &&
    isRaised(before.maxPriorityFeePerGas, after.maxPriorityFeePerGas, raise)
  if (!isEnough) throw new Refused(serverError, 'replacement transaction underpriced')
}

/**
 * Whether there is room for one more nonce. Those in turn and those behind a gap are counted apart: what fills a gap is taken,
 * however much waits behind it (geth and reth alike), or a lost transaction could never be sent again. @throws Refused
 */
function checkRoom(nonce: bigint, next: bigint, others: readonly Transaction[], rules: PoolRules): void {
  const isNext = nonce <= next
  const alike = others.filter((each) => each.nonce < next === isNext)
  const room = isNext ? rules.pending : rules.queued
  if (alike.length >= room) throw new Refused(serverError, `account limit exceeded: pooled ${alike.length} txs`)
}

/** Takes a raw transaction into the pool of the network, as geth does. @throws Refused */
export function takeIntoPool(chain: Chain, head: TruthBlock, raw: Hex, rules: PoolRules): Transaction {
  const transaction = decoded(raw, rules.chainId)
  const { from, nonce, hash } = transaction
  if (chain.pool.has(hash)) throw new Refused(serverError, 'already known')
  checkForm(transaction, rules)
  const account = head.accounts.get(from) ?? { nonce: 0n, balance: 0n }
  if (nonce < account.nonce) {
    throw new Refused(serverError, `nonce too low: next nonce ${account.nonce}, tx nonce ${nonce}`)
  }
  const waiting = own(chain.pool, from)
  const replaced = waiting.find((each) => each.nonce === nonce)
  const others = waiting.filter((each) => each !== replaced)
  checkFunds(transaction, account.balance, others, rules)
  if (replaced !== undefined) {
    checkRaise(replaced, transaction, rules.raise)
    chain.drop(replaced.hash)
  } else {
    checkRoom(nonce, pendingNonce(chain, head, from), others, rules)
  }
  chain.submit(transaction)
  return transaction
}

function decoded(raw: Hex, chainId: bigint): Transaction {
  try {
    return decodeTransaction(raw, chainId)
  } catch (error) {
    throw new Refused(-32_602, error instanceof Error ? error.message : 'rlp: not a transaction')
  }
}
