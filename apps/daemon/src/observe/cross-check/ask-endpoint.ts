import type { Address, EvmClient } from '@perun-watcher/chain-evm'
import { channelUpdateTopic, parseBlock, toQuantity } from '@perun-watcher/chain-evm/internal'
import { type AbortOptions, WatcherError } from '@perun-watcher/core'
import type { EndpointAnswer, Stretch } from './compare.ts'

/** An endpoint that is asked directly, without failover. */
export interface NamedEndpoint {
  readonly name: string
  readonly client: EvmClient
}

/** Asks an endpoint about a range of blocks. Rejects if it does not answer or refuses. */
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

/** The fields of a log that the watcher uses; nodes may add others. */
const fields = ['blockHash', 'transactionHash', 'logIndex', 'topics', 'data'] as const

function textOf(log: unknown): string {
  return fields
    .map((field) => JSON.stringify(Reflect.get(Object(log), field)))
    .join(' ')
    .toLowerCase()
}
