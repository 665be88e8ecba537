import { type Answer, httpStatus, isHex, refusal, result } from '../endpoint/answer.ts'
import type { FaultPlace, FaultRule, Middleware } from './fault.ts'

/** Refuses every request of some share, each in one wording. */
function refuses(share: number, wordings: readonly Answer[]): FaultRule {
  return {
    isHonest: false,
    make: ({ dice }) => {
      const answer = dice.pick(wordings)
      return async (exchange, next) => (dice.chance(share) ? answer : next(exchange))
    },
  }
}

const someMethods = [
  'eth_getLogs',
  'eth_call',
  'eth_getBlockByNumber',
  'eth_getBlockByHash',
  'eth_sendRawTransaction',
  'eth_estimateGas',
  'eth_getTransactionCount',
  'eth_getBalance',
  'eth_getTransactionReceipt',
] as const

const unavailable: readonly Answer[] = [
  refusal(-32_601, 'the method does not exist/is not available'),
  refusal(-32_000, 'method not available'),
  refusal(-32_004, 'This method is not supported'),
  refusal(-32_600, 'Method is not whitelisted'),
  refusal(-32_000, 'this request method is not available on the free plan, please upgrade'),
  httpStatus(403, 'method not allowed for this key'),
]

function oneMethod({ dice }: FaultPlace): Middleware {
  const missing = dice.pick(someMethods)
  const answer = dice.pick(unavailable)
  return async (exchange, next) => (exchange.method === missing ? answer : next(exchange))
}

const always = (answer: Answer): FaultRule => ({ isHonest: false, make: () => async () => answer })

const wordDigits = 64

/** Words of what the adjudicator holds for a channel. */
const recordWords = 6

/** A record without anything in it; and of a bulk reading how many channels were looked at, without what was found. */
function withoutState(value: unknown): unknown {
  if (!isHex(value)) return value
  if (value.length === 2 + recordWords * wordDigits) return `0x${'0'.repeat(recordWords * wordDigits)}`
  return value.slice(0, 2 + wordDigits)
}

/** What is wrong with the service in front of a node. */
export const serviceFaults = {
  rateLimited: refuses(0.9, [
    refusal(-32_005, 'rate limit exceeded'),
    refusal(-32_000, 'rate limit exceeded, try again in 1s'),
    refusal(-32_029, 'Too Many Requests'),
    refusal(-32_097, 'Rate limit reached.'),
    refusal(-32_007, '50/second request limit reached - reduce calls per second'),
    refusal(429, 'Your app has exceeded its compute units per second capacity.'),
    httpStatus(429, 'Too Many Requests'),
  ]),
  quotaUsedUp: refuses(1, [
    refusal(-32_005, 'daily request count exceeded, request rate limited'),
    refusal(-32_003, 'daily request limit reached - upgrade your account'),
    refusal(-32_000, 'monthly capacity limit exceeded'),
    httpStatus(402, 'Payment Required'),
  ]),
  keyRefused: refuses(1, [
    refusal(-32_002, 'invalid project id'),
    refusal(-32_000, 'Must be authenticated!'),
    httpStatus(401, 'Unauthorized'),
    httpStatus(403, 'Forbidden'),
  ]),
  internalError: refuses(0.8, [
    refusal(-32_603, 'Internal error'),
    refusal(-32_603, 'internal server error'),
    refusal(-32_000, 'no response'),
    refusal(-32_000, 'backend is unhealthy'),
    refusal(undefined, 'upstream connect error or disconnect/reset before headers'),
    httpStatus(502, 'Bad Gateway'),
    httpStatus(503, 'no available server'),
  ]),
  methodMissing: { isHonest: false, make: oneMethod },
  /** Some state is not there, though the block is. */
  missingState: {
    isHonest: false,
    make: ({ dice }) => {
      const answer = dice.pick([
        refusal(-32_000, 'missing trie node 5f9c (path 0d) state 0x77 is not available, not found'),
        refusal(-32_000, 'historical state 77ab is not available'),
        refusal(-32_000, 'required historical state unavailable (reexec=128)'),
      ])
      return async (exchange, next) =>
        exchange.method === 'eth_call' || exchange.method === 'eth_estimateGas' ? answer : next(exchange)
    },
  },
  /** It has the block and not its state, and answers calls as if nobody had ever written anything: no record, or none of many. */
  emptyState: {
    isHonest: false,
    make: () => async (exchange, next) => {
      const answer = await next(exchange)
      return exchange.method === 'eth_call' && answer.type === 'result' ? result(withoutState(answer.value)) : answer
    },
  },
  down: always({ type: 'failure', message: 'connect ECONNREFUSED 127.0.0.1:8545' }),
  /** The other side of the connection is gone, and nobody has said so. */
  halfOpen: always({ type: 'silence' }),
  nonsense: {
    isHonest: false,
    make: ({ dice }) => {
      const answer = dice.pick([result(null), result({}), result('0x'), result('<html>Checking your browser…</html>')])
      return async () => answer
    },
  },
  slow: {
    isHonest: true,
    make: ({ dice, pause, blockMs }) => {
      const longest = Math.min(2_500, blockMs)
      return async (exchange, next) => {
        const answer = await next(exchange)
        await pause(dice.int(1, longest))
        return answer
      }
    },
  },
} as const satisfies Record<string, FaultRule>
