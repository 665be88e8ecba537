import type { Answer, Exchange, Responder } from '../endpoint/answer.ts'
import { fieldOf, refusal, result } from '../endpoint/answer.ts'
import type { FaultRule, Middleware } from './fault.ts'

const isHash = (value: unknown): value is `0x${string}` => typeof value === 'string' && value.length === 66

const isHeader = ({ method }: Exchange): boolean => method.startsWith('eth_getBlockBy')

/** Changes every header. */
function header(change: (fields: Readonly<Record<string, unknown>>) => unknown): Middleware {
  return async (exchange, next) => {
    const answer = await next(exchange)
    if (!isHeader(exchange) || answer.type !== 'result' || answer.value === null) return answer
    return result(change(Object(answer.value)))
  }
}

function latestIs(value: unknown): Middleware {
  return async (exchange: Exchange, next: Responder): Promise<Answer> =>
    exchange.method === 'eth_getBlockByNumber' && exchange.params[0] === 'latest' ? result(value) : next(exchange)
}

/** What is wrong with blocks. */
export const headerFaults = {
  noBloom: { isHonest: true, make: () => header(({ logsBloom: _, ...rest }) => rest) },
  oddBloom: { isHonest: true, make: () => header((fields) => ({ ...fields, logsBloom: '0x' })) },
  zeroBloom: { isHonest: true, make: () => header((fields) => ({ ...fields, logsBloom: `0x${'00'.repeat(256)}` })) },
  nullLatest: { isHonest: false, make: () => latestIs(null) },
  nonsenseLatest: { isHonest: false, make: () => latestIs({ number: 'soon' }) },
  /** It hears of no new block. */
  stuckHead: {
    isHonest: false,
    make: ({ nodeAt, now }) => {
      let since: number | undefined
      const frozen = nodeAt(() => since ?? now())
      return (exchange) => {
        since ??= now()
        return frozen(exchange)
      }
    },
  },
  /** It hears of every block late. */
  staleHead: {
    isHonest: false,
    make: ({ nodeAt, now, dice, blockMs }) => {
      const lateMs = blockMs * dice.int(3, 12)
      return nodeAt(() => now() - lateMs)
    },
  },
  /** The newest blocks are known to one machine behind the address, and not yet to the others. */
  unknownNewest: {
    isHonest: true,
    make: ({ chain, now, blockMs, dice }) => {
      const lagMs = Math.min(2 * blockMs, dice.int(500, 4_000))
      const isYoung = (hash: unknown): boolean => {
        const block = isHash(hash) ? chain.byHash(hash) : undefined
        return block !== undefined && now() - block.atMs < lagMs
      }
      return async (exchange, next) => {
        const { method, params } = exchange
        const [first, second] = params
        const asked = [first, fieldOf(first, 'blockHash'), fieldOf(second, 'blockHash')]
        if (!asked.some(isYoung) || dice.chance(0.5)) return next(exchange)
        return method === 'eth_getBlockByHash' ? result(null) : refusal(-32_000, 'header not found')
      }
    },
  },
} as const satisfies Record<string, FaultRule>
