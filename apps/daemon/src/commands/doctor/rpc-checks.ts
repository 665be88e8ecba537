import type { Address, EvmClient } from '@perun-watcher/chain-evm'
import {
  type Header,
  parseBlock,
  parseQuantity,
  refusalOf,
  rpcFailure,
  toQuantity,
} from '@perun-watcher/chain-evm/internal'
import type { AbortOptions, Clock, Hex } from '@perun-watcher/core'
import { checkBulkReading, checkEstimates, checkSends, judgeBaseFee } from './ability-checks.ts'
import { type Finding, fail, failedBy, ok, warn } from './finding.ts'
import { type AdjudicatorPlace, checkBlockByHash, checkHistory } from './history-checks.ts'
import { checkWholeLogs } from './log-checks.ts'

export interface RpcSubject {
  /** Name of the endpoint in findings, without secrets. */
  readonly name: string
  readonly client: EvmClient
  /** `undefined` if it is not configured. */
  readonly chainId: bigint | undefined
  readonly adjudicator: Address | undefined
  /** Whether channels are watched below others: their registered states may have to be read out of transactions. */
  readonly needsTraces: boolean
  /** A transaction of a chain that every node refuses. */
  readonly invalidTransaction: (chainId: bigint) => Promise<Hex>
}

/** An endpoint that can be used. */
export interface UsefulEndpoint {
  readonly client: EvmClient
  /** As the endpoint reports it; equal to the configured one, if any. */
  readonly chainId: bigint
  /** The newest block. */
  readonly head: Header
}

export interface RpcReport {
  readonly findings: readonly Finding[]
  readonly useful: UsefulEndpoint | undefined
}

const slowMs = 1_000

/** Catching up after an outage asks for ranges of this size. */
const blocksAtOnce = 1_000n

/** Whether an endpoint serves the right chain, quickly, with the blocks, logs and traces that the watcher needs. */
export async function checkRpc(subject: RpcSubject, clock: Clock, options: AbortOptions): Promise<RpcReport> {
  const { name, client, chainId: wanted } = subject
  try {
    const startedAt = clock.now()
    const chainId = parseQuantity(await client.request('eth_chainId', [], options), 'chain id')
    const answered = answerTime(name, Math.round(clock.now() - startedAt))
    if (wanted !== undefined && chainId !== wanted) {
      return { findings: [answered, otherChain(name, chainId, wanted)], useful: undefined }
    }
    const head = parseBlock(await client.request('eth_getBlockByNumber', ['latest', false], options))
    const findings = [
      answered,
      rightChain(name, chainId, head, wanted),
      ...(await checkAnswers(subject, head, options)),
      ...(await checkAbilities(subject, { head, chainId }, options)),
    ]
    return { findings, useful: { client, chainId, head } }
  } catch (error) {
    options.signal?.throwIfAborted()
    return { findings: [failedBy(`rpc.answers ${name}`, error)], useful: undefined }
  }
}

/** Checks that involve the adjudicator are skipped without its address. */
async function checkAnswers(subject: RpcSubject, head: Header, options: AbortOptions): Promise<readonly Finding[]> {
  const { name, client, adjudicator } = subject
  const traces = await checkTraces(subject, options)
  if (adjudicator === undefined) return [traces]
  const place = { name, client, adjudicator, head }
  return [
    await checkBlockByHash(place, options),
    await checkLogs(place, options),
    await checkHistory(place, options),
    traces,
  ]
}

/** What a dispute would need besides reading. */
async function checkAbilities(
  subject: RpcSubject,
  { head, chainId }: { readonly head: Header; readonly chainId: bigint },
  options: AbortOptions,
): Promise<readonly Finding[]> {
  const { name, client, adjudicator } = subject
  const able = { name, client, invalidTransaction: () => subject.invalidTransaction(chainId) }
  return [
    await checkEstimates(able, options),
    await checkSends(able, options),
    judgeBaseFee(able, head),
    ...(adjudicator === undefined ? [] : [await checkBulkReading(able, head, adjudicator, options)]),
    await tried(`rpc.whole_logs ${name}`, () => checkWholeLogs({ name, client, head }, options), options),
  ]
}

/** An endpoint that breaks off in the middle of one check is still worth the others. */
async function tried(check: string, work: () => Promise<Finding>, { signal }: AbortOptions): Promise<Finding> {
  try {
    return await work()
  } catch (error) {
    signal?.throwIfAborted()
    return failedBy(check, error)
  }
}

function rightChain(name: string, chainId: bigint, head: Header, wanted: bigint | undefined): Finding {
  const check = `rpc.chain ${name}`
  const found = `Chain ${chainId}, head ${head.number}.`
  if (wanted !== undefined) return ok(check, found)
  return warn(check, `${found} No chain id is configured.`, `Set chain.id to ${chainId} if that is the right chain.`)
}

function answerTime(name: string, ms: number): Finding {
  const check = `rpc.answers ${name}`
  if (ms <= slowMs) return ok(check, `Answered within ${ms} ms.`)
  return warn(check, `Took ${ms} ms to answer.`, 'Use a faster endpoint: a refutation needs several requests.')
}

function otherChain(name: string, actual: bigint, wanted: bigint): Finding {
  return fail(
    `rpc.chain ${name}`,
    `The endpoint serves chain ${actual}, but the watcher is configured for chain ${wanted}.`,
    'Use an endpoint of that chain, or correct the chain id.',
  )
}

async function checkLogs(
  { name, client, adjudicator, head }: AdjudicatorPlace,
  options: AbortOptions,
): Promise<Finding> {
  const check = `rpc.logs ${name}`
  const from = head.number > blocksAtOnce ? head.number - blocksAtOnce : 0n
  const filter = { address: adjudicator, fromBlock: toQuantity(from), toBlock: toQuantity(head.number) }
  try {
    await client.request('eth_getLogs', [filter], options)
    return ok(check, `Serves the logs of ${head.number - from + 1n} blocks at once.`)
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === undefined) throw error
    return warn(
      check,
      `Refused the logs of ${blocksAtOnce} blocks: ${refusal.message}`,
      'The watcher then asks for smaller ranges; catching up is faster with an endpoint without that limit.',
    )
  }
}

/**
 * Traces recover states that were registered through other contracts. A ledger channel by itself is refuted without them. Where
 * a channel is locked below another, a tree may have to repeat exactly what is registered of it, which nobody else may tell.
 */
async function checkTraces(
  { name, client, needsTraces }: Pick<RpcSubject, 'name' | 'client' | 'needsTraces'>,
  options: AbortOptions,
): Promise<Finding> {
  const check = `rpc.traces ${name}`
  const offered = 'Offers debug_traceTransaction.'
  const unknownTransaction = `0x${'00'.repeat(32)}`
  try {
    await client.request('debug_traceTransaction', [unknownTransaction, { tracer: 'callTracer' }], options)
    return ok(check, offered)
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === undefined) throw error
    // "No such transaction" is the right answer.
    const failure = rpcFailure('debug_traceTransaction', error)
    if (failure !== 'method' && failure !== 'service') return ok(check, offered)
    if (needsTraces) {
      return fail(
        check,
        'Does not offer debug_traceTransaction, and sub-channels or virtual channels are watched.',
        'Use an endpoint that does: where one of these is registered through another contract, the ledger channel that locks it may not be refutable without it.',
      )
    }
    return warn(
      check,
      'Does not offer debug_traceTransaction.',
      'Ledger channels by themselves do not need it. With sub-channels or virtual channels use an endpoint that offers it.',
    )
  }
}

/** How far the heads of two endpoints may differ: one may just have received a block. */
const blocksApart = 3n

/** Compares the endpoints with each other. */
export function compareHeads(heads: readonly Header[], endpoints: number): readonly Finding[] {
  if (endpoints === 1) {
    const remedy =
      'Add a second one from another provider: the watcher then survives an outage, and notices if one lags or lies.'
    return [warn('rpc.several', 'There is only one endpoint.', remedy)]
  }
  const numbers = heads.map(({ number }) => number).toSorted((a, b) => (a < b ? -1 : 1))
  const [lowest, highest] = [numbers.at(0), numbers.at(-1)]
  if (lowest === undefined || highest === undefined) return []
  if (highest - lowest <= blocksApart) return [ok('rpc.several', `${heads.length} of ${endpoints} endpoints agree.`)]
  const found = `The heads of the endpoints are ${highest - lowest} blocks apart.`
  return [warn('rpc.several', found, 'Replace the endpoint that lags behind.')]
}
