import type { Answer, Exchange } from '../endpoint/answer.ts'
import type { Trace } from './trace.ts'

/** What a pool says where a fault of the account or the chain shows. */
const wordings: readonly (readonly [RegExp, string])[] = [
  [/exceeds the configured cap/, 'fault: nodeFeeCap'],
  [/insufficient funds/, 'refused: insufficient funds'],
  [/account limit exceeded/, 'refused: account limit'],
  [/replacement transaction underpriced/, 'refused: replacement'],
]

export function observeAnswer({ method }: Exchange, answer: Answer, trace: Trace): void {
  trace.meet(`asked: ${method}`)
  if (answer.type !== 'error') return
  for (const [pattern, name] of wordings) if (pattern.test(answer.message)) trace.meet(name)
  if (method === 'eth_sendRawTransaction' || method === 'eth_estimateGas')
    trace.say(`    ${method}: ${answer.message.slice(0, 120)}`)
}
