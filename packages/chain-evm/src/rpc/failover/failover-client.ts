import { type Clock, type Logger, WatcherError } from '@perun-watcher/core'
import { silentLogger, toError } from '@perun-watcher/core/adapter'
import { raceSignal } from '@perun-watcher/core/internal'
import { systemClock } from '@perun-watcher/core/system'
import type { EvmClient, RequestOptions } from '../evm-client.ts'
import { type RpcFailure, rpcFailure } from '../rpc-failure.ts'
import { withRequestTimeout } from '../with-request-timeout.ts'
import type { Endpoint, EndpointHealth, RpcOutcome } from './endpoint.ts'
import { type EndpointMemory, endpointMemory, workOf } from './endpoint-memory.ts'
import { headLooks } from './head-looks.ts'
import { healthReport } from './health-report.ts'
import { isPartial, isUnknown, requirePlausible } from './plausible-answer.ts'
import { sendEverywhere } from './send-everywhere.ts'

export interface FailoverOptions {
  /** In the order of preference. At least one. */
  readonly endpoints: readonly Endpoint[]
  /** All endpoints together may take this long, in milliseconds. Default: 10 000, as that of a backend. */
  readonly requestTimeoutMs?: number | undefined
  /** Hears of every request to every endpoint. */
  readonly observer?: ((outcome: RpcOutcome) => void) | undefined
  /** Default: the clock of this machine. */
  readonly clock?: Clock | undefined
  /** Default: silence. */
  readonly logger?: Logger | undefined
}

export interface FailoverClient extends EvmClient {
  /** How each endpoint does, in the order of preference. */
  readonly health: readonly EndpointHealth[]
}

const defaultTimeoutMs = 10_000

/** An endpoint with what is remembered of it. */
interface Known extends Endpoint {
  readonly memory: EndpointMemory
}

/** The endpoint does not know what was asked for, and says so in this way; or it does not know all of it. */
interface Unanswered {
  readonly type: 'unknown' | 'partial'
  readonly answer: unknown
}

type Attempt =
  | { readonly type: 'answered'; readonly answer: unknown }
  | Unanswered
  | { readonly type: 'failed'; readonly failure: RpcFailure; readonly error: unknown }

/** Which failure to tell where no endpoint answered: the one that says most. */
const telling: readonly RpcFailure[] = ['call', 'size', 'method', 'history', 'service', 'nonsense', 'nothing']

function fuller(before: Unanswered | undefined, next: Unanswered): Unanswered {
  return before === undefined || (before.type === 'unknown' && next.type === 'partial') ? next : before
}

function byRank(all: readonly Known[], work: string): readonly Known[] {
  const ranked = all.map((known) => ({ known, rank: known.memory.rank(work) })).sort((a, b) => a.rank - b.rank)
  return ranked.map(({ known }) => known)
}

/** @param ranked best first. */
function inOrder([first, ...others]: readonly Known[], secondOpinion: boolean): readonly Known[] {
  if (first === undefined) return []
  return secondOpinion && others[0]?.memory.isDown === false ? [...others, first] : [first, ...others]
}

/**
 * One client over several endpoints.
 *
 * - A request goes to the best endpoint. Unless its answer is a verdict about the call itself, the others are asked as well:
 *   after limits, outages, refusals of the size, missing methods or blocks, and after answers that cannot be or lack something.
 * - The best is the first in the order of preference against which nothing speaks. An endpoint that fails is asked last until
 *   a look at its head succeeds, one whose head stands still while others move on until it moves, one whose times are later than
 *   another's until they are not; a method that it lacks is asked of others for some minutes. None is ever given up.
 * - A signed transaction goes to all of them.
 *
 * Looks at the heads accompany requests, at most every ten seconds: where nobody asks for anything, nothing runs.
 *
 * @throws WatcherError `OPTION_INVALID` without endpoints.
 */
export function failoverClient(options: FailoverOptions): FailoverClient {
  const { endpoints, observer, clock = systemClock, logger = silentLogger } = options
  if (endpoints.length === 0) throw new WatcherError('OPTION_INVALID', 'endpoints must name at least one RPC endpoint.')
  const now = (): number => clock.now()
  // Every endpoint must have been tried before the request as a whole times out.
  const timeoutMs = Math.ceil((options.requestTimeoutMs ?? defaultTimeoutMs) / endpoints.length)
  const all = endpoints.map(
    ({ name, client }): Known => ({
      name,
      client: withRequestTimeout(client, clock, timeoutMs),
      memory: endpointMemory(now),
    }),
  )
  const report = healthReport(all, logger)
  const looks = headLooks(all, { ask, clock, onLooked: report.looked })
  const watched = endpoints.flatMap(({ client }) => client.watchHeads ?? [])

  function tell(outcome: RpcOutcome): void {
    try {
      observer?.(outcome)
    } catch (error) {
      logger.debug('An observer of requests threw', { error: toError(error).message })
    }
  }

  async function ask(known: Known, ...[method, params, options]: Parameters<EvmClient['request']>): Promise<unknown> {
    const { name, client, memory } = known
    const startedAt = now()
    const work = workOf(method, params)
    try {
      const answer = await client.request(method, params, options)
      if (!isUnknown(method, params, answer)) requirePlausible(method, params, answer)
      tell({ endpoint: name, method, ms: now() - startedAt, failure: undefined })
      memory.answered(work)
      return answer
    } catch (error) {
      // An aborted request says nothing about the endpoint.
      if (options?.signal?.aborted === true) throw error
      const failure = rpcFailure(method, error)
      tell({ endpoint: name, method, ms: now() - startedAt, failure })
      if (failure === 'call') memory.answered(work)
      else report.failed({ endpoint: name, work, failure, times: memory.failed(work, failure) })
      throw error
    }
  }

  /** All endpoints that may be asked, best first. */
  function candidates(work: string, { secondOpinion = false, heard }: RequestOptions): readonly Known[] {
    const ranked = byRank(all, work)
    if (heard === undefined || heard.size === 0) return inOrder(ranked, secondOpinion)
    const others = ranked.filter(({ name, memory }) => !memory.isDown && !heard.has(name))
    if (others.length > 0) return others
    const last = [...heard].at(-1)
    return [...ranked.filter(({ name }) => name === last), ...ranked.filter(({ name }) => name !== last)]
  }

  /** The answer of one endpoint, unless the next is to be asked. @throws a verdict, and the reason of the signal */
  async function attempt(
    known: Known,
    ...[method, params, options]: Parameters<EvmClient['request']>
  ): Promise<Attempt> {
    try {
      const answer = await ask(known, method, params, options)
      const isHalf = isPartial(method, answer)
      return { type: isUnknown(method, params, answer) ? 'unknown' : isHalf ? 'partial' : 'answered', answer }
    } catch (error) {
      options?.signal?.throwIfAborted()
      const failure = rpcFailure(method, error)
      if (failure === 'call') throw error
      return { type: 'failed', failure, error }
    }
  }

  function sentTo({ only }: RequestOptions): readonly Known[] {
    const chosen = all.filter(({ name }) => only?.has(name) === true)
    return chosen.length === 0 ? all : chosen
  }

  async function send(known: Known, params: readonly unknown[], { onNotTaken }: RequestOptions): Promise<unknown> {
    try {
      return await ask(known, 'eth_sendRawTransaction', params)
    } catch (error) {
      if (all.length > 1) onNotTaken?.(known.name, error)
      throw error
    }
  }

  async function askInTurn(method: string, params: readonly unknown[], options: RequestOptions): Promise<unknown> {
    const { signal, heard } = options
    const failed: Extract<Attempt, { type: 'failed' }>[] = []
    /** To be told where nobody knows more. */
    let unknown: Unanswered | undefined
    const hear = (name: string): void => {
      if (all.length > 1) heard?.add(name)
    }
    for (const known of candidates(workOf(method, params), options)) {
      // What one does not know is no reason to wait for one that does not answer.
      if (unknown !== undefined && known.memory.isDown) continue
      const made = await attempt(known, method, params, { signal }).catch((verdict: unknown) => {
        hear(known.name)
        throw verdict
      })
      if (made.type === 'failed') {
        failed.push(made)
        continue
      }
      hear(known.name)
      if (made.type === 'answered') return made.answer
      unknown = fuller(unknown, made)
    }
    if (unknown !== undefined) return unknown.answer
    failed.sort((a, b) => telling.indexOf(a.failure) - telling.indexOf(b.failure))
    throw failed[0]?.error
  }

  return {
    get health() {
      return all.map(({ name, memory }) => ({ name, ...memory.health }))
    },
    async request(method, params, options = {}) {
      if (all.length > 1) looks.begin()
      if (method !== 'eth_sendRawTransaction') return askInTurn(method, params, options)
      // Without the caller's signal: once one has taken it, the caller is done, and the others are to get it, too.
      return raceSignal(
        sendEverywhere(sentTo(options), (known) => send(known, params, options)),
        options.signal,
      )
    },
    ...(watched.length === 0 ? {} : { watchHeads: (wake: () => void) => watchAll(watched, wake) }),
  }
}

function watchAll(watched: readonly NonNullable<EvmClient['watchHeads']>[], wake: () => void): () => void {
  const ends = watched.map((watch) => watch(wake))
  return () => {
    for (const end of ends) end()
  }
}
