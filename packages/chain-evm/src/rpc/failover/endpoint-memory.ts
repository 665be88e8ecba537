import { assertNever } from '@perun-watcher/core/adapter'
import type { RpcFailure } from '../rpc-failure.ts'
import type { EndpointHealth } from './endpoint.ts'

/** What is remembered of one endpoint. Nothing for ever: whatever speaks against it expires, or ends with its next answer. */
export interface EndpointMemory {
  /** Whether the endpoint as a whole is failing. */
  readonly isDown: boolean
  readonly health: Omit<EndpointHealth, 'name'>
  /** The lower, the sooner it is asked: 0 for an endpoint against which nothing speaks. @param work see {@link workOf} */
  rank(work: string): number
  answered(work: string): void
  /** @returns how often in a row this kind of request has failed. */
  failed(work: string, failure: RpcFailure): number
  /** Whether a look at its head is due: of an endpoint that is down ever more seldom. */
  isLookDue(): boolean
  /** It told its head when it was looked at. */
  toldHead(head: ToldHead): void
  /** When its head changed lately, newest last, and what it is. */
  readonly progress: Progress
  /** @param others - progress of the others. */
  compare(others: readonly Progress[]): void
}

/** The newest block of an endpoint. */
export interface ToldHead {
  readonly number: bigint
  readonly timestamp: bigint
}

export interface Progress {
  readonly head: ToldHead | undefined
  /** Milliseconds of the clock, at most three of them. */
  readonly changes: readonly number[]
}

/** In order of weight: a failing endpoint is asked after one that is behind, that after one with a gap in its methods. */
const ranks = { rested: 1, behind: 2, down: 4 } as const

/** How long something speaks against one kind of request to an endpoint, in milliseconds. */
const methodRestMs = 300_000
const sizeRestMs = 60_000
const restMs = { first: 2_000, longest: 60_000 } as const

/** Kinds of requests that are remembered: far more than there are. */
const mostWorks = 64

/** So many requests in a row without an answer, or without service, are more than a gap in one kind of request. */
const failuresUntilDown = 2

/** A head that stands still for so long is stuck if others move on by so many blocks. */
const stuck = { afterMs: 10_000, blocks: 3n, changes: 2 } as const
const changesKept = 3

/**
 * Seconds by which a head may be later than one that is as high: no two blocks in a row are further apart where several
 * endpoints are of use. And heights that are compared: what is far above may be made up.
 */
const laterTimes = { seconds: 120n, blocks: 8n } as const

interface Rest {
  readonly until: number
  readonly failures: number
}

function doubled(failures: number): number {
  return Math.min(restMs.longest, restMs.first * 2 ** Math.min(failures - 1, 10))
}

function isStuck(own: Progress, others: readonly Progress[], now: number): boolean {
  const { head } = own
  const since = own.changes.at(-1)
  if (head === undefined || since === undefined || now - since < stuck.afterMs) return false
  return others.some(
    (other) =>
      other.head !== undefined &&
      other.head.number >= head.number + stuck.blocks &&
      other.changes.filter((at) => at > since).length >= stuck.changes,
  )
}

/**
 * Whether another endpoint tells an earlier time of the same height. Which of them is right nobody knows; but whoever believes
 * the later one takes windows for closed that are open, and whoever believes the earlier one is only in less of a hurry.
 */
function tellsLaterTimes({ head }: Progress, others: readonly Progress[]): boolean {
  return others.some(
    (other) =>
      head !== undefined &&
      other.head !== undefined &&
      head.number <= other.head.number + 1n &&
      head.number + laterTimes.blocks >= other.head.number &&
      head.timestamp > other.head.timestamp + laterTimes.seconds,
  )
}

/**
 * The kind of a request as far as an endpoint may lack it: queries of ranges, and calls with a state of their own, are refused
 * where others of the same method are answered.
 */
export function workOf(method: string, params: readonly unknown[]): string {
  const [first] = params
  const isRange = method === 'eth_getLogs' && typeof first === 'object' && first !== null && 'fromBlock' in first
  if (isRange) return `${method} (range)`
  return method === 'eth_call' && params.length > 2 ? `${method} (override)` : method
}

export function endpointMemory(now: () => number): EndpointMemory {
  const rests = new Map<string, Rest>()
  let inARow = 0
  let down: { readonly failures: number; readonly lookAt: number } | undefined
  let reason: RpcFailure | undefined
  let head: ToldHead | undefined
  let changes: readonly number[] = []
  let isBehind = false
  /** Whether its times are ahead of what others say. */
  let isAhead = false

  function rest(work: string, ms: number, failures: number): void {
    rests.delete(work)
    rests.set(work, { until: now() + ms, failures })
    const [oldest] = rests.keys()
    if (rests.size > mostWorks && oldest !== undefined) rests.delete(oldest)
  }

  /** How long a failure speaks against this kind of request; 0 where the next one may be answered as well. */
  function restOf(failure: RpcFailure, failures: number): number {
    switch (failure) {
      case 'method':
        return methodRestMs
      case 'size':
        return sizeRestMs
      case 'service':
      case 'nonsense':
      case 'nothing':
        return doubled(failures)
      case 'history':
      case 'call':
        return 0
      default:
        return assertNever(failure)
    }
  }

  function fall(failure: RpcFailure): void {
    const failures = (down?.failures ?? 0) + 1
    reason = failure
    down = { failures, lookAt: now() + doubled(failures) }
  }

  function stateNow(): EndpointHealth['state'] {
    if (down !== undefined || isAhead) return 'failing'
    return isBehind ? 'behind' : 'good'
  }

  function rise(): void {
    down = undefined
    reason = undefined
    inARow = 0
  }

  return {
    get isDown() {
      return down !== undefined
    },
    get health() {
      return { state: stateNow(), reason: reason ?? (isAhead ? 'nonsense' : undefined), head: head?.number }
    },
    get progress() {
      return { head, changes }
    },
    rank(work) {
      const isResting = (rests.get(work)?.until ?? 0) > now()
      return (
        (down === undefined && !isAhead ? 0 : ranks.down) +
        (isBehind ? ranks.behind : 0) +
        (isResting ? ranks.rested : 0)
      )
    },
    answered(work) {
      rests.delete(work)
      rise()
    },
    failed(work, failure) {
      const failures = (rests.get(work)?.failures ?? 0) + 1
      const ms = restOf(failure, failures)
      if (ms > 0) rest(work, ms, failures)
      const isOutage = failure === 'nothing' || failure === 'service'
      inARow = isOutage ? inARow + 1 : 0
      if (isOutage && inARow >= failuresUntilDown) fall(failure)
      return failures
    },
    isLookDue: () => down === undefined || now() >= down.lookAt,
    toldHead(next) {
      if (down !== undefined) rise()
      const isNew = next.number !== head?.number
      head = next
      if (isNew) changes = [...changes, now()].slice(-changesKept)
    },
    compare(others) {
      isBehind = isStuck({ head, changes }, others, now())
      isAhead = tellsLaterTimes({ head, changes }, others)
    },
  }
}
