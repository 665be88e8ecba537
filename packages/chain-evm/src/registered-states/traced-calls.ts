import { type AbortOptions, type Hex, hasCode, type TransactionHash } from '@perun-watcher/core'
import type { Address, EvmClient } from '../rpc/evm-client.ts'

/**
 * The calls that a transaction made to the adjudicator from inside contracts, found out by asking the node to run it
 * again (`debug_traceTransaction`).
 *
 * Who sends the transaction decides how large a full trace gets: a contract can make hundreds of thousands of calls with
 * megabytes of input for the gas of one block. So the node is first given a program that keeps only successful calls
 * of the functions in question, up to a bound; geth, erigon, Nethermind, reth and anvil run such programs. Where the node
 * refuses, as hosted ones do, the built-in `callTracer` is asked; those nodes bound their answers themselves.
 */
export interface TraceRequest {
  readonly client: EvmClient
  readonly transactionHash: TransactionHash
  readonly adjudicator: Address
  /** First four bytes of the calls in question. */
  readonly selectors: readonly Hex[]
  /** The transaction itself is no call to the adjudicator, so there must be such a call inside. */
  readonly expectCalls: boolean
}

/** Bytes of input that the node is asked to keep, over all calls; more than the gas of a transaction can pay for. */
const maxKeptBytes = 4 * 1024 * 1024

/** Calls of a full trace that are looked at. */
const maxFrames = 1_000_000

/**
 * Inputs of successful calls, in the order in which they were made; empty where the node cannot tell.
 *
 * @throws WatcherError whatever the client throws, except for `RPC_REFUSED`; the reason of an aborted signal.
 */
export async function tracedCalls(request: TraceRequest, options: AbortOptions = {}): Promise<readonly Hex[]> {
  const kept = readKept(await trace(request, keepingTracer(request.adjudicator, request.selectors), options))
  // A node that knows only part of the tracer language may run the program without ever calling it.
  if (kept !== undefined && (kept.seen > 0 || !request.expectCalls)) return kept.calls
  return walk(await trace(request, 'callTracer', options), request)
}

async function trace(request: TraceRequest, tracer: string, options: AbortOptions): Promise<unknown> {
  try {
    return await request.client.request('debug_traceTransaction', [request.transactionHash, { tracer }], options)
  } catch (error) {
    if (hasCode(error, 'RPC_REFUSED')) return undefined
    throw error
  }
}

/** A program in geth's tracer language (ECMAScript 5). Drops what it kept inside a call once that call fails. */
function keepingTracer(adjudicator: Address, selectors: readonly Hex[]): string {
  return `{
  seen: 0, room: ${maxKeptBytes}, calls: [], marks: [],
  enter: function (frame) {
    this.marks.push(this.calls.length);
    if (frame.getType() !== 'CALL' || toHex(frame.getTo()) !== '${adjudicator}') return;
    this.seen++;
    var input = frame.getInput();
    if (input.length < 4 || input.length > this.room) return;
    var text = toHex(input);
    if (${JSON.stringify(selectors)}.indexOf(text.slice(0, 10)) < 0) return;
    this.room -= input.length;
    this.calls.push(text);
  },
  exit: function (result) {
    var mark = this.marks.pop();
    if (!result.getError()) return;
    while (this.calls.length > mark) this.room += (this.calls.pop().length - 2) / 2;
  },
  fault: function () {},
  result: function () { return { seen: this.seen, calls: this.calls } }
}`
}

function readKept(answer: unknown): { readonly seen: number; readonly calls: readonly Hex[] } | undefined {
  const seen = read(answer, 'seen')
  const calls = read(answer, 'calls')
  if (typeof seen !== 'number' || !Array.isArray(calls)) return undefined
  return { seen, calls: calls.filter(isHexText) }
}

/** Looks through the tree of a `callTracer`, without recursion: the other side decides how deep it is. */
function walk(root: unknown, { adjudicator, selectors }: TraceRequest): readonly Hex[] {
  const calls: Hex[] = []
  const pending: unknown[] = [root]
  for (let frames = 0; pending.length > 0 && frames < maxFrames; frames++) {
    const frame = pending.pop()
    // What a failed call did, and all that happened inside it, never happened.
    if (read(frame, 'error')) continue
    const input = read(frame, 'input')
    if (isHexText(input) && isCall(frame, adjudicator) && selectors.some((selector) => input.startsWith(selector))) {
      calls.push(input)
    }
    const inner = read(frame, 'calls')
    if (Array.isArray(inner)) for (let index = inner.length - 1; index >= 0; index--) pending.push(inner[index])
  }
  return calls
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
