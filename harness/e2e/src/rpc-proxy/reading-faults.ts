import { adjudicatorAbi } from '@perun-watcher/devnet'
import { type Answer, fieldOf, type Middleware, result } from '@perun-watcher/nodes/faults'
import { getAbiItem, toFunctionSelector } from 'viem'
import { of, when } from './compose.ts'

/* What nodes say of the chain, besides what the kinds of the simulated ones do. */

const quantity = (value: number): string => `0x${value.toString(16)}`

/** These methods are never answered. */
export function hangs(...methods: readonly string[]): Middleware {
  return of(methods, async () => ({ type: 'silence' }))
}

/** This method is always answered with the same. */
export function answers(method: string, answer: Answer): Middleware {
  return of([method], async () => answer)
}

/** Every header is of another time. @param seconds by how much */
export function wrongTimes(seconds: number): Middleware {
  return when(
    ({ method }) => method.startsWith('eth_getBlockBy'),
    async (exchange, next) => {
      const answer = await next(exchange)
      const timestamp = answer.type === 'result' ? Number(fieldOf(answer.value, 'timestamp')) : Number.NaN
      if (answer.type !== 'result' || Number.isNaN(timestamp)) return answer
      return result({ ...Object(answer.value), timestamp: quantity(timestamp + seconds) })
    },
  )
}

const readsOne = toFunctionSelector(getAbiItem({ abi: adjudicatorAbi, name: 'disputes' }))

/**
 * The contract holds nothing of any channel, it says, whether it is asked for one or, by a state override, for many: it tells
 * the truth about channels that nobody has asked for.
 */
export const emptyRecords: Middleware = of(['eth_call'], ({ method, params }, next) => {
  const [call, ...others] = params
  const data = fieldOf(call, 'data') ?? fieldOf(call, 'input')
  const isOfMany = others.length > 1
  if (typeof data !== 'string' || !(isOfMany || data.startsWith(readsOne))) return next({ method, params })
  const kept = isOfMany ? 2 : readsOne.length
  const asked = `${data.slice(0, kept)}${'0'.repeat(data.length - kept)}`
  return next({ method, params: [{ ...Object(call), data: asked, input: asked }, ...others] })
})

/** It counts transactions that nobody has sent. */
export function nonceTooHigh(by: number): Middleware {
  return when(
    ({ method, params }) => method === 'eth_getTransactionCount' && params[1] === 'pending',
    async (exchange, next) => {
      const answer = await next(exchange)
      return answer.type === 'result' ? result(quantity(Number(answer.value) + by)) : answer
    },
  )
}
