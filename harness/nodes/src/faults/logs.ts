import { type Answer, type Exchange, fieldOf, httpStatus, refusal, result } from '../endpoint/answer.ts'
import { quantity } from '../truth/hash.ts'
import type { FaultPlace, FaultRule, Middleware } from './fault.ts'

type Logs = readonly unknown[]

const isLogs = ({ method }: Exchange): boolean => method === 'eth_getLogs'

/** Changes every list of logs that is not empty. */
function logs(change: (logs: Logs, exchange: Exchange) => Logs): Middleware {
  return async (exchange, next) => {
    const answer = await next(exchange)
    if (!isLogs(exchange) || answer.type !== 'result' || !Array.isArray(answer.value) || answer.value.length === 0) {
      return answer
    }
    const changed = change(answer.value, exchange)
    return changed === answer.value ? answer : result(changed)
  }
}

/** The logs without those that match; the same list where none does. */
function without(all: Logs, isMissing: (log: unknown) => boolean): Logs {
  const kept = all.filter((log) => !isMissing(log))
  return kept.length === all.length ? all : kept
}

function ageMs({ chain, now }: FaultPlace, log: unknown): number {
  const hash = fieldOf(log, 'blockHash')
  const block = typeof hash === 'string' && hash.startsWith('0x') ? chain.byHash(`0x${hash.slice(2)}`) : undefined
  return block === undefined ? 0 : now() - block.atMs
}

function numberOf(log: unknown): number {
  return Number(fieldOf(log, 'blockNumber'))
}

const span = ({ params }: Exchange): number => {
  const [from, to] = [fieldOf(params[0], 'fromBlock'), fieldOf(params[0], 'toBlock')]
  return from === undefined || to === undefined ? 0 : Number(to) - Number(from) + 1
}

/** The wordings of real services for a range that is too long. */
const rangeWordings = (limit: number): readonly Answer[] => [
  refusal(-32_602, `Log response size exceeded. this block range should work: [0x0, ${quantity(limit)}]`),
  refusal(-32_005, `query exceeds max block range ${limit}`),
  refusal(-32_000, `block range is too wide`),
  refusal(-32_600, `eth_getLogs is limited to a ${limit} range`),
  refusal(-32_614, `eth_getLogs is limited to 0 - ${limit} blocks range`),
  refusal(35, `ranges over ${limit} blocks are not supported on freetier`),
  refusal(-32_000, `exceed maximum block range: ${limit}`),
  refusal(-32_603, 'Request timed out'),
  httpStatus(400, `query exceeds max block range ${limit}`),
  httpStatus(413, 'Request Entity Too Large'),
]

function tooWide(answerOf: (place: FaultPlace, limit: number) => Answer): FaultRule {
  return {
    isHonest: true,
    make: (place) => {
      const limit = place.dice.pick([5, 10, 30, 100])
      const answer = answerOf(place, limit)
      return async (exchange, next) => (isLogs(exchange) && span(exchange) > limit ? answer : next(exchange))
    },
  }
}

function tooMany(answer: Answer): FaultRule {
  return {
    isHonest: true,
    make: ({ dice }) => {
      const limit = dice.int(1, 3)
      return async (exchange, next) => {
        const found = await next(exchange)
        const isMany = found.type === 'result' && Array.isArray(found.value) && found.value.length > limit
        // One block is always answered.
        return isLogs(exchange) && isMany && span(exchange) > 1 ? answer : found
      }
    },
  }
}

/** What is wrong with answers of `eth_getLogs`. */
export const logFaults = {
  /** The header is announced before its logs are indexed. */
  lateLogs: {
    isHonest: true,
    make: (place) => {
      // Not the newest blocks only: what is late may be later than the next look.
      const lateMs = place.dice.pick([600, 1_500, 3_000, 6_000])
      return logs((all) => without(all, (log) => ageMs(place, log) < lateMs))
    },
  },
  /** The index has holes, for good. */
  missingLogs: {
    isHonest: true,
    make: () => logs((all) => without(all, (log) => Number(`0x${String(fieldOf(log, 'blockHash')).slice(-1)}`) < 8)),
  },
  /** No logs at all, and no error. */
  noLogs: { isHonest: true, make: () => logs(() => []) },
  /** Receipts of older blocks are gone, and nothing says so. */
  prunedLogs: {
    isHonest: true,
    make: ({ chain, dice }) => {
      const kept = dice.pick([3, 5, 20])
      return logs((all) => without(all, (log) => chain.head.number - numberOf(log) > kept))
    },
  },
  /** A long result is cut, and nothing says so. */
  cappedLogs: {
    isHonest: true,
    make: ({ dice }) => {
      const most = dice.int(1, 2)
      return logs((all) => (all.length > most ? all.slice(0, most) : all))
    },
  },
  doubledLogs: { isHonest: true, make: () => logs((all) => [...all, ...all]) },
  sameIndex: {
    isHonest: true,
    make: () => logs((all) => all.map((log) => ({ ...Object(log), logIndex: '0x0' }))),
  },
  nullIndex: {
    isHonest: true,
    make: () => logs((all) => all.map((log) => ({ ...Object(log), logIndex: null }))),
  },
  removedLogs: {
    isHonest: true,
    make: () => logs((all) => all.map((log) => ({ ...Object(log), removed: true }))),
  },
  foreignLogs: {
    isHonest: true,
    make: () => logs((all) => [...all, { ...Object(all[0]), address: `0x${'fe'.repeat(20)}` }]),
  },
  rangeRefused: tooWide(({ dice }, limit) => dice.pick(rangeWordings(limit))),
  rangeHangs: tooWide(() => ({ type: 'silence' })),
  bodyCut: tooMany({ type: 'failure', message: 'The response body is larger than 10485760 bytes.', isTooLarge: true }),
  resultsRefused: tooMany(refusal(-32_005, 'query returned more than 10000 results')),
} as const satisfies Record<string, FaultRule>
