import { type AbortOptions, type Hex, type TransactionHash, WatcherError } from '@perun-watcher/core'
import type { Generation } from '../codec/generation.ts'
import type { Address, EvmClient } from '../rpc/evm-client.ts'
import { invalidAnswer } from '../rpc/parse-rpc.ts'
import { keepingTracer } from './keeping-tracer.ts'

/**
 * The calls that a transaction made to the adjudicator from inside contracts, found out by asking the node to run it
 * again (`debug_traceTransaction`).
 *
 * Who sends the transaction decides how large a full trace gets: a contract can make hundreds of thousands of calls with
 * megabytes of input for the gas of one block. So the node is first given a program that keeps only what the contract read
 * and took; geth, erigon, Nethermind, reth and anvil run such programs. Where the node refuses, as hosted ones do, or where
 * the program did not find what is looked for, the built-in `callTracer` is asked; those nodes bound their answers themselves.
 */
export interface TraceRequest {
  readonly client: EvmClient
  readonly transactionHash: TransactionHash
  readonly adjudicator: Address
  readonly generation: Generation
  /** The transaction itself is no call to the adjudicator, so there must be such a call inside. */
  readonly expectCalls: boolean
}

/** One way to ask. */
export interface Tracer {
  /**
   * Inputs of successful calls of `register` and `concludeFinal`, in the order in which they were made; of calls that do not
   * matter any more, some may be left out.
   *
   * @throws WatcherError whatever the client throws; `CHAIN_DATA_INVALID` where the answer is no trace of the transaction;
   *   the reason of an aborted signal.
   */
  calls(options: AbortOptions): Promise<readonly Hex[]>
}

/** Calls of a full trace that are looked at. */
const maxFrames = 1_000_000

/** All ways to ask, best first. */
export function tracers(request: TraceRequest): readonly Tracer[] {
  const { client, transactionHash, adjudicator, generation, expectCalls } = request
  const program = keepingTracer(adjudicator, generation)

  async function trace(
    tracer: string,
    { signal }: AbortOptions,
    read: (answer: unknown) => Seen,
  ): Promise<readonly Hex[]> {
    const answer = await client.request('debug_traceTransaction', [transactionHash, { tracer }], { signal })
    const { seen, calls } = read(answer)
    // Also a node that knows only part of the tracer language, and runs the program without ever calling it.
    if (expectCalls && seen === 0)
      throw invalidAnswer('trace', 'with a call to the adjudicator, which left a log', answer)
    return calls
  }

  return [
    { calls: (options) => trace(program, options, readKept) },
    { calls: (options) => trace('callTracer', options, (answer) => walk(answer, request)) },
  ]
}

interface Seen {
  /** Calls to the adjudicator, of whatever kind. */
  readonly seen: number
  readonly calls: readonly Hex[]
}

function readKept(answer: unknown): Seen {
  const seen = read(answer, 'seen')
  const calls = read(answer, 'calls')
  if (typeof seen !== 'number' || !Array.isArray(calls))
    throw invalidAnswer('trace', 'what the program returns', answer)
  return { seen, calls: calls.filter(isHexText) }
}

/** Looks through the tree of a `callTracer`, without recursion: the other side decides how deep it is. */
function walk(root: unknown, { adjudicator, generation }: TraceRequest): Seen {
  const inputs: Hex[] = []
  const pending: unknown[] = [root]
  for (let frames = 0; pending.length > 0; frames++) {
    if (frames >= maxFrames) throw tooLong()
    const frame = pending.pop()
    // What a failed call did, and all that happened inside it, never happened.
    if (read(frame, 'error')) continue
    const input = read(frame, 'input')
    if (isHexText(input) && isCall(frame, adjudicator)) inputs.push(input)
    const inner = read(frame, 'calls')
    if (Array.isArray(inner)) for (let index = inner.length - 1; index >= 0; index--) pending.push(inner[index])
  }
  const { register, concludeFinal } = generation.selectors
  const calls = inputs.filter((input) => input.startsWith(register) || input.startsWith(concludeFinal))
  return { seen: inputs.length, calls }
}

function tooLong(): WatcherError {
  return new WatcherError('CHAIN_DATA_INVALID', 'The trace of the transaction is too long.', {
    details: [`It has more than ${maxFrames} calls.`],
  })
}

function isCall(frame: unknown, adjudicator: Address): boolean {
  const to = read(frame, 'to')
  return read(frame, 'type') === 'CALL' && typeof to === 'string' && to.toLowerCase() === adjudicator
}

function read(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function isHexText(value: unknown): value is Hex {
  return typeof value === 'string' && value.startsWith('0x')
}
