import {
  type AbortOptions,
  type ChannelId,
  type Hex,
  type SignedState,
  type StateHash,
  type TransactionHash,
  WatcherError,
} from '@perun-watcher/core'
import type { Generation } from '../codec/generation.ts'
import { stateHash } from '../codec/hash.ts'
import type { Address, EvmClient } from '../rpc/evm-client.ts'
import { refusalOf } from '../rpc/parse-rpc.ts'
import { rpcFailure } from '../rpc/rpc-failure.ts'
import { isAcceptable } from './is-acceptable.ts'
import { tracers } from './traced-calls.ts'
import { readTransaction, type TransactionCall } from './transaction-call.ts'

export interface RegisteredStatesDeps {
  readonly client: EvmClient
  readonly adjudicator: Address
  readonly generation: Generation
  /** What a transaction of ours does; `undefined`: it is none, or it is not known any more. Default: none is known. */
  readonly ownCall?: (hash: TransactionHash) => TransactionCall | undefined
}

export interface RegisteredStatesOptions extends AbortOptions {
  /**
   * The channel whose log led here. Where the transaction's own call hands in a state of it, no trace is asked for.
   */
  readonly channelId?: ChannelId | undefined
  /** The state of it that is looked for, where its hash is known. */
  readonly stateHash?: StateHash | undefined
}

/**
 * The signed states that a transaction handed to the adjudicator's `register` or `concludeFinal`, the last of each channel:
 * out of the transaction's own input where it goes to the adjudicator, otherwise out of a trace. Nothing is verified but
 * that core accepts form and dimensions. Of a transaction of ours the input is known: no node is asked for it, nor believed.
 *
 * `progress` is left out: its new state carries the signature of its actor only, so that nobody could register it.
 *
 * @returns what is there: nothing only where a node looked inside and found nothing.
 * @throws WatcherError `TRACING_UNSUPPORTED` where the node has no `debug_traceTransaction`, `RPC_REFUSED` where it refused
 *   for now, `CHAIN_UNREACHABLE` and whatever else the client throws; `CHAIN_DATA_INVALID` where the node does not know
 *   the transaction or describes it wrongly; the reason of an aborted signal. Never because of what the transaction contains.
 */
export async function registeredStates(
  deps: RegisteredStatesDeps,
  transactionHash: TransactionHash,
  options: RegisteredStatesOptions = {},
): Promise<readonly SignedState[]> {
  const { client, adjudicator, generation } = deps
  const { register, progress } = generation.selectors
  options.signal?.throwIfAborted()
  const { to, data: input } =
    deps.ownCall?.(transactionHash) ?? (await readTransaction(client, transactionHash, options))

  const isDirect = to === adjudicator
  const direct = isDirect ? statesOf(generation, [input]) : []
  // These two call nobody who could call the adjudicator in turn. Concluding calls asset holders of the channel's choice.
  if (isDirect && [register, progress].some((selector) => input.startsWith(selector))) return direct
  if (options.channelId !== undefined && hasWanted(generation, direct, options)) return direct
  return await tracedStates(deps, transactionHash, isDirect ? [input] : [], options)
}

/** Asks one tracer after the other, until the state in question is found. */
async function tracedStates(
  { client, adjudicator, generation }: RegisteredStatesDeps,
  transactionHash: TransactionHash,
  own: readonly Hex[],
  options: RegisteredStatesOptions,
): Promise<readonly SignedState[]> {
  let found: readonly SignedState[] = []
  let failure: unknown
  for (const tracer of tracers({ client, transactionHash, adjudicator, generation, expectCalls: own.length === 0 })) {
    try {
      const states = statesOf(generation, [...own, ...(await tracer.calls(options))])
      if (hasWanted(generation, states, options)) return states
      if (states.length > found.length) found = states
      failure = undefined
    } catch (error) {
      options.signal?.throwIfAborted()
      // The other may answer: one that cannot run our program, or takes too long for it.
      failure = error
    }
  }
  // The last one shows everything. What the one before did not find it may have missed.
  if (failure !== undefined) throw tracingFailure(failure)
  return found
}

/** Whether the state in question is among these; where it is unknown which one, whether there are any. */
function hasWanted(
  generation: Generation,
  states: readonly SignedState[],
  { channelId, stateHash: wanted }: RegisteredStatesOptions,
): boolean {
  return states.some(({ state }) => {
    if (channelId !== undefined && state.channelId !== channelId) return false
    return wanted === undefined || stateHash(state, generation) === wanted
  })
}

function tracingFailure(error: unknown): unknown {
  const refusal = refusalOf(error)
  if (refusal === undefined || rpcFailure('debug_traceTransaction', error) !== 'method') return error
  return new WatcherError('TRACING_UNSUPPORTED', 'The RPC endpoint does not look inside transactions.', {
    details: [`It refused debug_traceTransaction: ${refusal.message}`],
    cause: error,
  })
}

/** The states in some calls that core would take, the last of each channel: what came before it no longer stands. */
function statesOf(generation: Generation, calls: readonly Hex[]): readonly SignedState[] {
  const last = new Map<ChannelId, SignedState>()
  // One that was made again and again is read once: as the last of them.
  for (const call of new Set(calls.toReversed())) {
    const final = generation.decodeConcludeFinal(call)
    const states = final === undefined ? (generation.decodeRegister(call) ?? []) : [final]
    for (const signed of states.toReversed()) {
      const { channelId } = signed.state
      if (!last.has(channelId) && isAcceptable(signed)) last.set(channelId, signed)
    }
  }
  return [...last.values()].toReversed()
}
