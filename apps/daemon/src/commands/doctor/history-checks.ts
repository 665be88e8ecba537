import type { Address, EvmClient } from '@perun-watcher/chain-evm'
import { type Header, parseBlock, refusalOf, toQuantity } from '@perun-watcher/chain-evm/internal'
import type { AbortOptions } from '@perun-watcher/core'
import { durationText } from '../../terminal/times.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** An adjudicator, seen through one endpoint. */
export interface AdjudicatorPlace {
  /** Name of the endpoint in findings. */
  readonly name: string
  readonly client: EvmClient
  readonly adjudicator: Address
  readonly head: Header
}

const nobody = `0x${'00'.repeat(20)}`

/**
 * Whether logs and state can be queried by block hash (EIP-234 and EIP-1898), as the watcher does for every new block: queried
 * by number, the answer could be that of another block after a reorg. The chain cannot be followed without it.
 */
export async function checkBlockByHash(place: AdjudicatorPlace, options: AbortOptions): Promise<Finding> {
  const { name, client, adjudicator, head } = place
  const check = `rpc.blocks ${name}`
  // The newest block may not have reached every machine behind the endpoint.
  const blockHash = head.number > 0n ? head.parentHash : head.hash
  const asked: readonly (readonly [what: string, method: string, params: readonly unknown[]])[] = [
    ['logs', 'eth_getLogs', [{ address: adjudicator, blockHash }]],
    // A call to an address without code can only fail because of the block.
    ['state', 'eth_call', [{ to: nobody, data: '0x' }, { blockHash }]],
  ]
  for (const [what, method, params] of asked) {
    const refusal = await refused(client.request(method, params, options))
    if (refusal !== undefined) {
      const remedy = 'Use another endpoint: the watcher cannot follow the chain through this one.'
      return fail(check, `Refused the ${what} of a block by hash: ${refusal}`, remedy)
    }
  }
  return ok(check, 'Serves logs and state by block hash.')
}

/** How far back the history is checked, in blocks, farthest first; that is how long an outage may last. */
const usualDepths = [100_000n, 10_000n, 1_000n] as const

/**
 * How far back the endpoint has logs. After an outage the watcher reads the logs since the block at which it stopped, and
 * never older ones. Where it cannot get them, it reads every record again: no refutation is lost, but clients do not hear of
 * what happened in between.
 */
export async function checkHistory(
  place: AdjudicatorPlace,
  options: AbortOptions,
  depths: readonly bigint[] = usualDepths,
): Promise<Finding> {
  const { name, head } = place
  const check = `rpc.history ${name}`
  const wanted = depths.filter((depth, index) => depth <= head.number || index === depths.length - 1)
  for (const depth of wanted) {
    const block = await blockWithLogs(place, depth < head.number ? head.number - depth : 0n, options)
    if (block === undefined) continue
    const age = durationText(Number(head.timestamp - block.timestamp))
    const found = `Has the logs of ${head.number - block.number} blocks, ${age}.`
    if (depth === wanted[0]) return ok(check, found)
    return warn(check, `${found} It refused older ones.`, remedy)
  }
  return warn(check, `Has no logs older than ${depths.at(-1)} blocks.`, remedy)
}

const remedy =
  'Use an endpoint that keeps logs for as long as the watcher may be down. Events of a longer outage are skipped; disputes ' +
  'that are still open are found all the same.'

/** `undefined` if the endpoint lacks the block or its logs. */
async function blockWithLogs(
  { client, adjudicator }: AdjudicatorPlace,
  number: bigint,
  options: AbortOptions,
): Promise<Header | undefined> {
  const at = toQuantity(number)
  const block = await answered(client.request('eth_getBlockByNumber', [at, false], options))
  if (block === undefined || block === null) return undefined
  const filter = { address: adjudicator, fromBlock: at, toBlock: at }
  const logs = await answered(client.request('eth_getLogs', [filter], options))
  return logs === undefined ? undefined : parseBlock(block)
}

/** The answer; `undefined` if the node refuses. */
function answered(asking: Promise<unknown>): Promise<unknown> {
  return asking.catch((error: unknown) => {
    if (refusalOf(error) === undefined) throw error
    return undefined
  })
}

/** Why the node refuses; `undefined` if it does not. */
async function refused(asking: Promise<unknown>): Promise<string | undefined> {
  try {
    await asking
    return undefined
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === undefined) throw error
    return refusal.message
  }
}
