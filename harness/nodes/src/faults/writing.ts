import { type Answer, type Exchange, fieldOf, refusal, result } from '../endpoint/answer.ts'
import { quantity } from '../truth/hash.ts'
import type { FaultRule, Middleware } from './fault.ts'

function only(method: string, act: Middleware): Middleware {
  return (exchange, next) => (exchange.method === method ? act(exchange, next) : next(exchange))
}

const answers = (method: string, answer: Answer, isHonest = true): FaultRule => ({
  isHonest,
  make: () => only(method, async () => answer),
})

const absurd = quantity(1_000_000_000_000n)

const noMethod = (method: string): Answer => refusal(-32_601, `the method ${method} does not exist/is not available`)

function takesOneArgument(exchange: Exchange): boolean {
  return exchange.params.length > 1
}

/** What is wrong with fees, estimates, sending and receipts. */
export const writingFaults = {
  /** The tip that the node suggests is a thousand times what anybody pays. */
  absurdTip: answers('eth_maxPriorityFeePerGas', result(absurd)),
  absurdGasPrice: answers('eth_gasPrice', result(absurd)),
  absurdHistory: {
    isHonest: true,
    make: () =>
      only('eth_feeHistory', async (exchange, next) => {
        const answer = await next(exchange)
        const rewards = answer.type === 'result' ? fieldOf(answer.value, 'reward') : undefined
        if (answer.type !== 'result' || !Array.isArray(rewards)) return answer
        const reward = rewards.map((row: unknown) => (Array.isArray(row) ? row.map(() => absurd) : row))
        return result({ ...Object(answer.value), reward })
      }),
  },
  zeroTip: answers('eth_maxPriorityFeePerGas', result('0x0')),
  noTip: answers('eth_maxPriorityFeePerGas', noMethod('eth_maxPriorityFeePerGas')),
  noHistory: answers('eth_feeHistory', noMethod('eth_feeHistory')),
  estimateOneArgument: {
    isHonest: true,
    make: () =>
      only('eth_estimateGas', async (exchange, next) =>
        takesOneArgument(exchange) ? refusal(-32_602, 'too many arguments, want at most 1') : next(exchange),
      ),
  },
  estimateMissing: answers('eth_estimateGas', noMethod('eth_estimateGas')),
  estimateTimesOut: answers('eth_estimateGas', refusal(-32_000, 'execution aborted (timeout = 5s)')),
  estimateHangs: answers('eth_estimateGas', { type: 'silence' }),
  /** It says that it has taken a transaction, and forgets it. */
  swallowedSends: {
    isHonest: false,
    make: ({ dice }) =>
      only('eth_sendRawTransaction', async () =>
        result(`0x${Array.from({ length: 64 }, () => dice.int(0, 15).toString(16)).join('')}`),
      ),
  },
  /** It has taken a transaction, and says that it has not. */
  deniedSends: {
    isHonest: true,
    make: ({ dice }) => {
      const answer = dice.pick([refusal(-32_000, 'internal error'), refusal(-32_603, 'request timed out')])
      return only('eth_sendRawTransaction', async (exchange, next) => {
        const taken = await next(exchange)
        return taken.type === 'result' ? answer : taken
      })
    },
  },
  sendsUnanswered: {
    isHonest: true,
    make: () =>
      only('eth_sendRawTransaction', async (exchange, next) => {
        await next(exchange)
        return { type: 'silence' }
      }),
  },
  /** Receipts are indexed after the block is known. */
  lateReceipts: {
    isHonest: true,
    make: ({ chain, now, dice, blockMs }) => {
      const lateMs = Math.max(blockMs, dice.pick([500, 1_500, 2_500])) * dice.int(1, 3)
      return only('eth_getTransactionReceipt', async (exchange, next) => {
        const answer = await next(exchange)
        const hash = answer.type === 'result' ? fieldOf(answer.value, 'blockHash') : undefined
        if (typeof hash !== 'string') return answer
        const block = chain.byHash(`0x${hash.slice(2)}`)
        return block !== undefined && now() - block.atMs < lateMs ? result(null) : answer
      })
    },
  },
} as const satisfies Record<string, FaultRule>
