import {
  type AbortOptions,
  type ChannelId,
  type Hex,
  isWatcherError,
  type SignedState,
  type StateHash,
  type TransactionHash,
} from '@perun-watcher/core'
import { checkParams, checkState } from '@perun-watcher/core/adapter'
import { newBudget } from '../codec/call-reader.ts'
import type { Generation } from '../codec/generation.ts'
import type { Address, EvmClient } from '../rpc/evm-client.ts'
import { invalidAnswer, parseAddress, parseFields } from '../rpc/parse-rpc.ts'
import { tracedCalls } from './traced-calls.ts'

export interface RegisteredStatesDeps {
  readonly client: EvmClient
  readonly adjudicator: Address
  readonly generation: Generation
}

export interface RegisteredStatesOptions extends AbortOptions {
  /**
   * The channel whose log led here. Where the transaction's own call hands in a state of it, no trace is asked for.
   */
  readonly channelId?: ChannelId | undefined
  /** The state of it that is looked for, where its hash is known. */
  readonly stateHash?: StateHash | undefined
}

/** What all calls of one transaction together may unfold into. */
const budgetBytes = 16 * 1024 * 1024

const maxStates = 1024

/**
 * The signed states that a transaction handed to the adjudicator's `register` or `concludeFinal`, in the order of the
 * calls: out of the transaction's own input where it goes to the adjudicator, otherwise out of a trace. Nothing is
 * verified but that core accepts form and dimensions.
 *
 * `progress` is left out: its new state carries the signature of its actor only, so that nobody could register it.
 *
 * @returns nothing where the node does not trace, or what was found without a trace.
 * @throws WatcherError `CHAIN_UNREACHABLE` and whatever else the client throws, except a node's refusal to trace;
 *   `CHAIN_DATA_INVALID` where the node does not know the transaction or describes it wrongly; the reason of an aborted
 *   signal. Never because of what the transaction contains.
 */
export async function registeredStates(
  deps: RegisteredStatesDeps,
  transactionHash: TransactionHash,
  options: RegisteredStatesOptions = {},
): Promise<readonly SignedState[]> {
  const { client, adjudicator, generation } = deps
  const { register, progress, concludeFinal } = generation.selectors
  const { to, input } = await readTransaction(client, transactionHash, options)

  const isDirect = to === adjudicator
  const direct = isDirect ? acceptable(generation, [input]) : []
  // These two call nobody who could call the adjudicator in turn. Concluding calls asset holders of the channel's choice.
  if (isDirect && [register, progress].some((selector) => input.startsWith(selector))) return direct
  if (direct.some(({ state }) => state.channelId === options.channelId)) return direct

  const selectors = [register, concludeFinal]
  const request = { client, transactionHash, adjudicator, selectors, expectCalls: !isDirect }
  const nested = await tracedCalls(request, options)
  return acceptable(generation, isDirect ? [input, ...nested] : nested)
}

interface TransactionCall {
  /** `undefined` where the transaction creates a contract. */
  readonly to: Address | undefined
  readonly input: Hex
}

async function readTransaction(
  client: EvmClient,
  hash: TransactionHash,
  options: AbortOptions,
): Promise<TransactionCall> {
  const fields = parseFields(await client.request('eth_getTransactionByHash', [hash], options), 'transaction')
  const to = fields['to']
  const input = fields['input']
  if (typeof input !== 'string') throw invalidAnswer('transaction.input', 'bytes in hexadecimal', input)
  // Its digits are looked at where it is decoded: most inputs are nobody's business.
  return {
    to: to === undefined || to === null ? undefined : parseAddress(to, 'transaction.to'),
    input: `0x${input.slice(2).toLowerCase()}`,
  }
}

/** The states in some calls that core would take; each call is looked at once. */
function acceptable(generation: Generation, calls: readonly Hex[]): readonly SignedState[] {
  const budget = newBudget(budgetBytes)
  const states: SignedState[] = []
  for (const call of new Set(calls)) {
    const final = generation.decodeConcludeFinal(call, budget)
    states.push(...(generation.decodeRegister(call, budget) ?? []), ...(final ? [final] : []))
    if (states.length >= maxStates) break
  }
  return states.slice(0, maxStates).filter(isAcceptable)
}

function isAcceptable({ params, state }: SignedState): boolean {
  try {
    checkParams(params)
    checkState(params, state)
    return true
  } catch (error) {
    if (isWatcherError(error)) return false
    throw error
  }
}
