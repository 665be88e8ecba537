import { type Answer, type Exchange, fieldOf, type Responder, refusal, result } from '@perun-watcher/nodes/faults'

/** Where a method takes the block that it speaks of. */
const blockArgument: ReadonlyMap<string, number> = new Map([
  ['eth_getBlockByNumber', 0],
  ['eth_call', 1],
  ['eth_estimateGas', 1],
  ['eth_getBalance', 1],
  ['eth_getCode', 1],
  ['eth_getTransactionCount', 1],
  ['eth_feeHistory', 1],
])

const quantity = (value: number): string => `0x${value.toString(16)}`

const isNumber = (value: unknown): value is string => typeof value === 'string' && value.startsWith('0x')

const isNewest = (value: unknown): boolean => value === 'latest' || value === 'pending'

/** The number of the block that an answer is about, if it is about one. */
function blockOf(answer: Answer): number | undefined {
  if (answer.type !== 'result') return undefined
  const number = fieldOf(answer.value, 'blockNumber') ?? fieldOf(answer.value, 'number')
  return isNumber(number) ? Number(number) : undefined
}

/** The logs that are asked for, as far as they are there. */
function clipped({ method, params }: Exchange, head: number): Exchange {
  const [filter] = params
  const to = fieldOf(filter, 'toBlock')
  if (fieldOf(filter, 'blockHash') !== undefined || (isNumber(to) && Number(to) <= head)) return { method, params }
  return { method, params: [{ ...Object(filter), toBlock: quantity(head) }] }
}

/** A node as it would be if it knew no block above a height. */
export function earlierNode(node: Responder, headNow: () => number): Responder {
  return async (exchange) => {
    const { method } = exchange
    const head = headNow()
    if (method === 'eth_blockNumber') return result(quantity(head))
    if (method === 'eth_getLogs') return node(clipped(exchange, head))
    const at = blockArgument.get(method)
    return at === undefined ? hidden(await node(exchange), head) : below(exchange, at, head, node)
  }
}

/** What is asked of the newest block is told of this one, and of later ones nothing. */
async function below({ method, params }: Exchange, at: number, head: number, node: Responder): Promise<Answer> {
  const asked = params[at]
  if (isNumber(asked) && Number(asked) > head) {
    return method === 'eth_getBlockByNumber' ? result(null) : refusal(-32_000, 'header not found')
  }
  // Not all take a second argument: one that was not given is not added.
  if (!isNewest(asked) || params.length <= at) return node({ method, params })
  return node({ method, params: params.with(at, quantity(head)) })
}

/** What is only in later blocks, nobody has heard of. */
function hidden(answer: Answer, head: number): Answer {
  const number = blockOf(answer)
  return number !== undefined && number > head ? result(null) : answer
}
