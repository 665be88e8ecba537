import type { Address, EvmClient } from '@perun-watcher/chain-evm'
import { channelUpdateTopic, parseBlock, toQuantity } from '@perun-watcher/chain-evm/internal'
import { type AbortOptions, WatcherError } from '@perun-watcher/core'
import type { EndpointAnswer, Stretch } from './compare.ts'

/** One of several endpoints, each asked by itself. */
export interface NamedEndpoint {
  readonly name: string
  readonly client: EvmClient
}

/** What an endpoint says about a stretch. Rejects where it does not answer, or refuses. */
export async function askEndpoint(
  { name, client }: NamedEndpoint,
  adjudicator: Address,
  { from, to }: Stretch,
  options: AbortOptions,
): Promise<EndpointAnswer> {
  const range = { fromBlock: toQuantity(from), toBlock: toQuantity(to) }
  const block = parseBlock(await client.request('eth_getBlockByNumber', [range.toBlock, false], options))
  const filter = { address: adjudicator, topics: [channelUpdateTopic], ...range }
  const logs = await client.request('eth_getLogs', [filter], options)
  if (!Array.isArray(logs)) throw new WatcherError('CHAIN_DATA_INVALID', 'An endpoint answered with no list of logs.')
  return { name, blockHash: block.hash, logs: logs.map(textOf) }
}

/** All that the watcher takes from a log; nodes may add fields of their own. */
const fields = ['blockHash', 'transactionHash', 'logIndex', 'topics', 'data'] as const

function textOf(log: unknown): string {
  return fields
    .map((field) => JSON.stringify(Reflect.get(Object(log), field)))
    .join(' ')
    .toLowerCase()
}
