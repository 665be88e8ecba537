import type { Address, EvmClient } from '@perun-watcher/chain-evm'
import { type Header, parseBlock, refusalOf, toQuantity } from '@perun-watcher/chain-evm/internal'
import type { AbortOptions } from '@perun-watcher/core'
import { durationText } from '../../terminal/times.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** An adjudicator as one endpoint shows it. */
export interface AdjudicatorPlace {
  /** Of the endpoint, for findings. */
  readonly name: string
  readonly client: EvmClient
  readonly adjudicator: Address
  readonly head: Header
}

const nobody = `0x${'00'.repeat(20)}`

/**
 * Whether logs and state of a block can be asked for by its hash (EIP-234 and EIP-1898), as the watcher does with every new
 * block: a number would let a reorg slip another block under the answer. Nothing can be followed without.
 */
export async function checkBlockByHash(place: AdjudicatorPlace, options: AbortOptions): Promise<Finding> {
  const { name, client, adjudicator, head } = place
  const check = `rpc.blocks ${name}`
  // The newest one may not have come to every machine behind the endpoint.
  const blockHash = head.number > 0n ? head.parentHash : head.hash
  const asked: readonly (readonly [what: string, method: string, params: readonly unknown[]])[] = [
    ['logs', 'eth_getLogs', [{ address: adjudicator, blockHash }]],
    // Nothing can fail in a call to nobody but the block.
    ['state', 'eth_call', [{ to: nobody, data: '0x' }, { blockHash }]],
  ]
  for (const [what, method, params] of asked) {
    const refusal = await refused(client.request(method, params, options))
    if (refusal !== undefined) {
      const remedy = 'Use another endpoint: the watcher cannot follow the chain through this one.'
      return fail(check, `Refused the ${what} of a block by its hash: ${refusal}`, remedy)
    }
  }
  return ok(check, 'Gives logs and state of a block by its hash.')
}

/** How far back an endpoint is asked, in blocks, farthest first: an outage may last so long. */
const usualDepths = [100_000n, 10_000n, 1_000n] as const

/**
 * How far back the endpoint has logs. After an outage the watcher reads what happened since the block at which it stopped;
 * it never needs older ones. What it cannot get it skips, and reads every record anew: no refutation is lost, but what
 * happened in between is not told.
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
    return warn(check, `${found} Older ones it refused.`, remedy)
  }
  return warn(check, `Has no logs that are older than ${depths.at(-1)} blocks.`, remedy)
}

const remedy =
  'Use an endpoint that keeps logs for as long as the watcher may be down. Events of a longer outage are skipped; disputes ' +
  'that are still open are found all the same.'

/** `undefined`: the endpoint does not have the block, or not its logs. */
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

/** What it says; `undefined` where the node refuses. */
function answered(asking: Promise<unknown>): Promise<unknown> {
  return asking.catch((error: unknown) => {
    if (refusalOf(error) === undefined) throw error
    return undefined
  })
}

/** Why the node refuses; `undefined`: it does not. */
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
