import { invalidAnswer } from '../parse-rpc.ts'

type Check = (answer: unknown, params: readonly unknown[]) => boolean

const isHex: Check = (answer) => typeof answer === 'string' && /^0x[0-9a-fA-F]*$/.test(answer)
const isQuantity: Check = (answer) => isHex(answer, []) && answer !== '0x'

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

const sameText = (a: unknown, b: unknown): boolean =>
  typeof a === 'string' && typeof b === 'string' && a.toLowerCase() === b.toLowerCase()

const isOfTransaction =
  (name: string): Check =>
  (answer, [hash]) =>
    sameText(field(answer, name), hash)

const isObject: Check = (answer) => typeof answer === 'object' && answer !== null && !Array.isArray(answer)

const isNumbered: Check = (answer, [which]) => {
  const number = field(answer, 'number')
  if (!isQuantity(number, []) || !isQuantity(field(answer, 'timestamp'), [])) return false
  return !isQuantity(which, []) || BigInt(String(number)) === BigInt(String(which))
}

/** What an answer has to be at least, where a null would not do. */
const checks: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['eth_chainId', isQuantity],
  ['eth_blockNumber', isQuantity],
  ['eth_gasPrice', isQuantity],
  ['eth_maxPriorityFeePerGas', isQuantity],
  ['eth_getBalance', isQuantity],
  ['eth_getTransactionCount', isQuantity],
  ['eth_estimateGas', isQuantity],
  ['eth_call', isHex],
  ['eth_getCode', isHex],
  ['eth_sendRawTransaction', isHex],
  ['eth_getBlockByNumber', isNumbered],
  ['eth_getBlockByHash', (answer, [hash]) => sameText(field(answer, 'hash'), hash)],
  ['eth_getLogs', (answer) => Array.isArray(answer)],
  ['eth_getTransactionReceipt', isOfTransaction('transactionHash')],
  ['eth_getTransactionByHash', isOfTransaction('hash')],
  ['eth_feeHistory', isObject],
  ['debug_traceTransaction', isObject],
])

/** Answered with `null` by nodes that do not know what was asked for; others may. */
const nullable = /^eth_get(Block|Transaction(Receipt|By))/

/** Answered with no bytes by nodes that do not have the contract, or ignore the state that a call brings along. */
const emptiable = /^eth_(getCode|call)$/

/** Whether an answer only says that this node does not know; others may. The newest block is known to every node. */
export function isUnknown(method: string, [which]: readonly unknown[], answer: unknown): boolean {
  if (answer === '0x') return emptiable.test(method)
  return (
    (answer === null || answer === undefined) &&
    nullable.test(method) &&
    !/^(latest|safe|finalized)$/.test(String(which))
  )
}

const isHash: Check = (answer) => typeof answer === 'string' && /^0x[0-9a-fA-F]{64}$/.test(answer)
const isFlag: Check = (answer) => typeof answer === 'string' && /^0x0*[01]$/.test(answer)
const isBytes: Check = (answer) => typeof answer === 'string' && /^0x([0-9a-fA-F]{2})*$/.test(answer)

const blockFields: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['hash', isHash],
  ['parentHash', isHash],
  ['number', isQuantity],
  ['timestamp', isQuantity],
  ['gasLimit', isQuantity],
  ['baseFeePerGas', isQuantity],
])

/** Of objects, what is read of them, and cannot be done without. */
const fieldsOf: ReadonlyMap<string, ReadonlyMap<string, Check>> = new Map([
  ['eth_getBlockByNumber', blockFields],
  ['eth_getBlockByHash', blockFields],
  [
    'eth_getTransactionReceipt',
    new Map<string, Check>([
      ['blockHash', isHash],
      ['blockNumber', isQuantity],
      ['status', isFlag],
      ['gasUsed', isQuantity],
    ]),
  ],
  ['eth_getTransactionByHash', new Map<string, Check>([['input', isBytes]])],
])

/**
 * Whether an object lacks something, or has it in another form, such as numbers instead of hexadecimal digits: others may tell
 * more. Where nobody does it is what there is; some chains have no base fee.
 */
export function isPartial(method: string, answer: unknown): boolean {
  const fields = [...(fieldsOf.get(method) ?? [])]
  return isObject(answer, []) && fields.some(([name, check]) => !check(field(answer, name), []))
}

/** @throws WatcherError `CHAIN_DATA_INVALID` for an answer that cannot be, so that another endpoint is asked. */
export function requirePlausible(method: string, params: readonly unknown[], answer: unknown): void {
  const check = checks.get(method)
  if (check !== undefined && !check(answer, params)) {
    throw invalidAnswer(method, 'answered with what it is defined to return', answer)
  }
}
