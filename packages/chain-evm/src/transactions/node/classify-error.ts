import { sendFailures } from '../../rpc/failover/send-everywhere.ts'
import { refusalOf } from '../../rpc/parse-rpc.ts'

/**
 * What became of an `eth_sendRawTransaction` that ended in an error. Never a verdict on the transaction, only on this
 * one delivery:
 * - `known`: the node has it already; as good as accepted.
 * - `nonceTooLow`: the nonce is spent, by this transaction or by another.
 * - `outbid`: the node has another transaction with this nonce and would need a higher offer to drop it.
 * - `feeTooLow`: the offer is below what the node takes at the moment.
 * - `underfunded`: the account cannot pay for it, on top of what else it has waiting.
 * - `tooExpensive`: the fees, taken together, are more than this node lets anybody pay.
 * - `tooLarge`: this node takes no transaction of this size, or with so much gas.
 * - `later`: the node has no room or waits for an earlier nonce; the same again may succeed.
 * - `never`: this node refuses it for good.
 * - `unknown`: no answer, or none that is understood. The transaction may have been taken.
 */
export type BroadcastFailure =
  | 'known'
  | 'nonceTooLow'
  | 'outbid'
  | 'feeTooLow'
  | 'underfunded'
  | 'tooExpensive'
  | 'tooLarge'
  | 'later'
  | 'never'
  | 'unknown'

interface Row<Meaning> {
  readonly pattern: RegExp
  readonly meaning: Meaning
}

/**
 * Wording by node, first match wins. Sources:
 * geth: core/txpool/errors.go, core/error.go, internal/ethapi/api.go (fee cap). Reth uses geth's wording.
 * erigon: txnprovider/txpool/txpoolcfg (DiscardReason).
 * nethermind: Nethermind.TxPool/AcceptTxResult.cs: names until 1.2x, then Nethermind.TxPool/TxPoolErrorMessages.cs, which
 * follows geth.
 * besu: ethereum/api, jsonrpc/internal/response/RpcErrorType.java.
 * anvil: crates/anvil/src/eth/error.rs (InvalidTransactionError, PoolError); tried against anvil 1.7.1.
 * arbitrum: OffchainLabs/go-ethereum core/state_transition.go.
 */
const broadcastFailures: readonly Row<BroadcastFailure>[] = [
  // geth, erigon, reth "already known"; geth before 1.9 and besu "known transaction".
  { pattern: /already known|known transaction/, meaning: 'known' },
  // nethermind "AlreadyKnown"; erigon "existing tx with same hash"; anvil "transaction already imported".
  { pattern: /alreadyknown|existing tx with same hash|already imported/, meaning: 'known' },
  // geth, erigon, reth, anvil, besu "nonce too low"; nethermind "OldNonce"; erigon "mined".
  { pattern: /nonce (is )?too low|oldnonce|^mined$/, meaning: 'nonceTooLow' },
  // geth, reth, anvil, besu, erigon; erigon "could not replace existing tx"; nethermind "ReplacementNotAllowed".
  {
    pattern: /replacement transaction underpriced|could not replace existing tx|replacementnotallowed/,
    meaning: 'outbid',
  },
  // nethermind "OwnNonceAlreadyUsed": it has signed or holds another one with this nonce.
  { pattern: /ownnoncealreadyused/, meaning: 'outbid' },
  // geth, reth, anvil "insufficient funds for gas * price + value"; nethermind "InsufficientFunds".
  { pattern: /insufficient ?funds|insufficient balance/, meaning: 'underfunded' },
  // besu "Upfront cost exceeds account balance"; arbitrum "not enough funds for gas".
  { pattern: /upfront cost exceeds account balance|not enough funds/, meaning: 'underfunded' },
  // geth "tx fee (1.20 ether) exceeds the configured cap (1.00 ether)"; besu "Transaction fee cap exceeded".
  { pattern: /exceeds the configured cap|fee cap exceeded/, meaning: 'tooExpensive' },
  // geth, reth, erigon "transaction underpriced", erigon "underpriced" and "fee too low".
  { pattern: /underpriced|fee too low/, meaning: 'feeTooLow' },
  // geth, anvil, arbitrum "max fee per gas less than block base fee".
  { pattern: /max fee per gas less than block base fee/, meaning: 'feeTooLow' },
  // nethermind "FeeTooLow…", "FeeTooLowToCompete"; besu "Gas price below configured minimum gas price"; arbitrum.
  { pattern: /feetoolow|gas price below|gas price too low/, meaning: 'feeTooLow' },
  // geth "txpool is full", "account limit exceeded", "in-flight transaction limit reached …".
  { pattern: /txpool is full|account limit exceeded|transaction limit reached/, meaning: 'later' },
  // erigon "pending sub-pool is full" and its sisters; arbitrum "sequencer pending tx pool full, …".
  { pattern: /sub-pool is full|pool full|queue full/, meaning: 'later' },
  // geth "nonce too high", "future transaction tries to replace pending"; nethermind "NonceGap", "NonceTooFarInFuture".
  { pattern: /nonce too high|future transaction tries|noncegap|noncetoofarinfuture/, meaning: 'later' },
  // besu "Transaction nonce is too distant from current sender nonce", "… transaction with a lower nonce exists".
  { pattern: /nonce is too distant|lower nonce exists/, meaning: 'later' },
  // geth, reth, arbitrum "oversized data: transaction size 1, limit 2"; erigon "rlp too long"; nethermind "MaxTxSizeExceeded".
  {
    pattern: /oversized|rlp ?too ?long|max ?tx ?size|(transaction|tx)( size)?( is)? too (large|big)/,
    meaning: 'tooLarge',
  },
  // geth, reth, erigon, anvil, besu "exceeds block gas limit"; anvil "intrinsic gas too high"; nethermind "GasLimitExceeded".
  { pattern: /exceeds block gas limit|gas too high|gaslimitexceeded/, meaning: 'tooLarge' },
  // geth "transaction gas limit too high (cap: 1, tx: 2)" and reth "gas limit 2 exceeds the cap 1" (EIP-7825).
  {
    pattern: /gas limit.*(too high|(exceeds|greater than).*(cap|maximum|limit))|exceeds.*gas limit cap/,
    meaning: 'tooLarge',
  },
  // geth, besu: the limit of gas is below what the data alone costs.
  { pattern: /intrinsic gas/, meaning: 'never' },
  // geth, erigon "invalid sender"; anvil, reth, besu: signed for another chain, or a type that the chain lacks.
  { pattern: /invalid sender|chain ?id|transaction type not supported/, meaning: 'never' },
  // geth "max priority fee per gas higher than max fee per gas" and its words in the others.
  { pattern: /max ?_?priority ?_?fee.*(higher|greater|exceeds)/, meaning: 'never' },
]

/**
 * Which of several failures counts, where a transaction went to several endpoints: the lowest. What asks for action comes
 * before what asks for patience, and a refusal for good counts only where nobody says anything else.
 */
const precedence: Readonly<Record<BroadcastFailure, number>> = {
  known: 0,
  outbid: 1,
  feeTooLow: 2,
  underfunded: 3,
  tooExpensive: 4,
  nonceTooLow: 5,
  tooLarge: 6,
  later: 7,
  unknown: 8,
  never: 9,
}

function classifyOne(error: unknown): BroadcastFailure {
  const message = refusalOf(error)?.message.toLowerCase()
  if (message === undefined) return 'unknown'
  return broadcastFailures.find((row) => row.pattern.test(message))?.meaning ?? 'unknown'
}

/** What the failure of an `eth_sendRawTransaction` means, to one endpoint or to several. */
export function classifyBroadcast(error: unknown): BroadcastFailure {
  const [first = 'unknown', ...others] = sendFailures(error).map(classifyOne)
  return others.reduce((counts, next) => (precedence[next] < precedence[counts] ? next : counts), first)
}

/**
 * What the failure of an `eth_estimateGas` or `eth_call` means.
 * - `reverted`: the contract refuses the call as things stand.
 * - `tooMuchGas`: it takes more gas than the node gave to it, which may be less than a transaction can have.
 * - `underfunded`: the account could not pay for it.
 * - `unknown`: the node was of no help.
 */
export type SimulationFailure = 'reverted' | 'tooMuchGas' | 'underfunded' | 'unknown'

const simulationFailures: readonly Row<SimulationFailure>[] = [
  // geth "gas required exceeds allowance (N)", anvil "Out of gas: gas required exceeds allowance: N".
  { pattern: /gas required exceeds/, meaning: 'tooMuchGas' },
  // geth, reth: a limit on the gas of every transaction (EIP-7825), or on that of a simulation.
  { pattern: /gas limit.*(too high|exceeds)|exceeds.*gas limit|gas cap/, meaning: 'tooMuchGas' },
  // geth, anvil and erigon (code 3) "execution reverted: …"; besu "Execution reverted"; nethermind "VM execution error".
  { pattern: /revert|vm execution error/, meaning: 'reverted' },
  // geth: core/vm/errors.go. A contract that runs into these refuses as surely as with a revert.
  { pattern: /invalid opcode|out of gas|invalid jump|stack (under|over)flow|always failing/, meaning: 'reverted' },
  // anvil "EVM error InvalidFEOpcode" and other halts.
  { pattern: /evm error/, meaning: 'reverted' },
  { pattern: /insufficient ?funds|insufficient balance|upfront cost exceeds/, meaning: 'underfunded' },
]

/** Reverts carry this code in geth, anvil, erigon and reth (EIP-1474 has none for them). */
const revertCode = 3

export function classifySimulation(error: unknown): SimulationFailure {
  const refusal = refusalOf(error)
  if (refusal === undefined) return 'unknown'
  if (refusal.code === revertCode) return 'reverted'
  const message = refusal.message.toLowerCase()
  return simulationFailures.find((row) => row.pattern.test(message))?.meaning ?? 'unknown'
}
