import type { EvmClient } from '@perun-watcher/chain-evm'
import { type Header, parseBlock, toQuantity } from '@perun-watcher/chain-evm/internal'
import type { AbortOptions } from '@perun-watcher/core'
import { type Finding, fail, ok, warn } from './finding.ts'

export interface LogSubject {
  /** Name of the endpoint in findings. */
  readonly name: string
  readonly client: EvmClient
  readonly head: Header
}

/** So many blocks below the newest one are looked through for one that has logs. */
const blocksSearched = 30n

/** Blocks of public chains have up to some thousand logs; receipts are asked for one by one only where there are few. */
const mostReceipts = 50

const remedy = 'Use another endpoint: a dispute whose log is missing is only found by the sweep, later.'

/**
 * Whether the logs of a block are all given, each once: compared with what the header says of them (its bloom), and with the
 * receipts of the block.
 */
export async function checkWholeLogs(subject: LogSubject, { signal }: AbortOptions): Promise<Finding> {
  const { name, client, head } = subject
  const check = `rpc.whole_logs ${name}`
  const block = await blockWithLogs(subject, { signal })
  if (block === undefined) {
    return ok(check, `None of the newest ${blocksSearched} blocks has logs to compare.`)
  }
  const { header, transactions } = block
  const answer = await client.request('eth_getLogs', [{ blockHash: header.hash }], { signal })
  const logs = Array.isArray(answer) ? answer : []
  const given = `the logs of block ${header.number}`
  const indices = logs.map((log) => String(field(log, 'logIndex')))
  if (new Set(indices).size < indices.length) {
    return fail(check, `Gives some of ${given} twice.`, 'Use another endpoint; this one contradicts itself.')
  }
  if (indices.includes('null') || logs.some((log) => field(log, 'removed') === true)) {
    return warn(check, `Gives ${given} with odd fields.`, 'The watcher reads the records then; other tools may not.')
  }
  const expected = await countByReceipts(client, header, transactions, { signal })
  if (expected !== undefined && expected !== logs.length) {
    return fail(check, `Gives ${logs.length} of ${expected} logs of block ${header.number}.`, remedy)
  }
  if (expected === undefined && logs.length === 0) {
    return fail(check, `Gives no logs of block ${header.number}, whose header says that it has some.`, remedy)
  }
  const by = expected === undefined ? 'its header' : 'its receipts'
  const age = head.number - header.number
  return ok(check, `Gives all ${logs.length} logs of the block ${age} below the newest one, by ${by}.`)
}

function field(value: unknown, name: string): unknown {
  return Reflect.get(Object(value), name)
}

const hasLogs = ({ logsBloom }: Header): boolean => logsBloom !== undefined && /[1-9a-f]/i.test(logsBloom.slice(2))

interface BlockWithLogs {
  readonly header: Header
  readonly transactions: readonly unknown[]
}

/** Not the newest one: other machines behind the endpoint may not have it yet. */
async function blockWithLogs({ client, head }: LogSubject, options: AbortOptions): Promise<BlockWithLogs | undefined> {
  const lowest = head.number > blocksSearched ? head.number - blocksSearched : 0n
  for (let number = head.number - 1n; number >= lowest; number--) {
    const block = await client.request('eth_getBlockByNumber', [toQuantity(number), false], options)
    if (block === null) continue
    const header = parseBlock(block)
    const transactions: unknown = field(block, 'transactions')
    if (hasLogs(header)) return { header, transactions: Array.isArray(transactions) ? transactions : [] }
  }
  return undefined
}

/** How many logs the receipts of the block have; `undefined`: they cannot be had, or are too many to ask for. */
async function countByReceipts(
  client: EvmClient,
  { hash, number }: Header,
  transactions: readonly unknown[],
  { signal }: AbortOptions,
): Promise<number | undefined> {
  try {
    const all = await client.request('eth_getBlockReceipts', [toQuantity(number)], { signal })
    const receipts = Array.isArray(all) ? all : []
    if (receipts.length === transactions.length && receipts.every((each) => field(each, 'blockHash') === hash)) {
      return countOf(receipts)
    }
  } catch {
    signal?.throwIfAborted()
    // Many do not have it.
  }
  if (transactions.length > mostReceipts) return undefined
  const receipts: unknown[] = []
  for (const transaction of transactions) {
    receipts.push(await client.request('eth_getTransactionReceipt', [transaction], { signal }))
  }
  return receipts.includes(null) ? undefined : countOf(receipts)
}

function countOf(receipts: readonly unknown[]): number | undefined {
  let count = 0
  for (const receipt of receipts) {
    const logs = field(receipt, 'logs')
    if (!Array.isArray(logs)) return undefined
    count += logs.length
  }
  return count
}
