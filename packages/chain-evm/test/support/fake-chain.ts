import {
  type AdjudicatorLog,
  type Block,
  type Hex,
  type Phase,
  parseBlockHash,
  parseChannelId,
  parseTransactionHash,
} from '@perun-watcher/core'
import { channelUpdateTopic } from '../../src/codec/v1-abi.ts'
import type { Address, EvmClient } from '../../src/rpc/evm-client.ts'
import { parseAddress } from '../../src/rpc/parse-rpc.ts'
import { rpcRefused } from '../../src/rpc/rpc-errors.ts'

export const adjudicator: Address = parseAddress(`0x${'ad'.repeat(20)}`)

type Json = Readonly<Record<string, unknown>>

interface FakeBlock {
  readonly block: Block
  readonly json: Json
  readonly logs: readonly { readonly log: AdjudicatorLog; readonly json: Json }[]
}

export interface Call {
  readonly method: string
  readonly params: readonly unknown[]
}

/** Answers instead of the chain, or throws; `undefined` leaves the call to the chain. */
export type Intercept = (call: Call) => unknown

const hex = (n: bigint | number): Hex => `0x${n.toString(16)}`
const word = (n: bigint | number): string => n.toString(16).padStart(64, '0')
const phases: readonly Phase[] = ['dispute', 'forceExec', 'concluded']
const secondsPerBlock = 12n

/** A chain in memory, with a JSON-RPC interface, whose adjudicator logs what the test wants. Block 0 is empty. */
export class FakeChain {
  readonly calls: Call[] = []
  intercept: Intercept | undefined
  readonly client: EvmClient = { request: async (method, params) => this.#answer({ method, params }) }
  #serial = 0
  readonly #known = new Map<unknown, FakeBlock>()
  readonly #canonical: FakeBlock[] = []

  constructor(blocks = 1) {
    for (let i = 0; i < blocks; i++) this.mine()
  }

  get head(): Block {
    return this.#at(this.#canonical.length - 1).block
  }

  block(number: bigint): Block {
    return this.#at(Number(number)).block
  }

  mine(logCount = 0): Block {
    this.#serial += 1
    const number = BigInt(this.#canonical.length)
    const block: Block = {
      number,
      hash: parseBlockHash(`0x${word(this.#serial)}`),
      timestamp: number * secondsPerBlock,
    }
    const parentHash = this.#canonical.at(-1)?.block.hash ?? `0x${word(0)}`
    const json = { number: hex(number), hash: block.hash, parentHash, timestamp: hex(block.timestamp) }
    const logs = Array.from({ length: logCount }, (_, index) => this.#log(block, index))
    const made = { block, json, logs }
    this.#known.set(block.hash, made)
    this.#canonical.push(made)
    return block
  }

  /** Replaces the newest `depth` blocks by blocks with so many logs each. */
  reorg(depth: number, logCounts: readonly number[]): void {
    this.#canonical.splice(this.#canonical.length - depth)
    for (const count of logCounts) this.mine(count)
  }

  logs(from = 0n): readonly AdjudicatorLog[] {
    return this.#canonical.slice(Number(from)).flatMap(({ logs }) => logs.map(({ log }) => log))
  }

  countCalls(method: string): number {
    return this.calls.filter((call) => call.method === method).length
  }

  #at(number: number): FakeBlock {
    const found = this.#canonical[number]
    if (found === undefined) throw new RangeError(`no block ${number}`)
    return found
  }

  #log(block: Block, index: number): FakeBlock['logs'][number] {
    const log: AdjudicatorLog = {
      channelId: parseChannelId(`0x${word((this.#serial % 5) + 1)}`),
      version: BigInt(this.#serial),
      phase: phases[this.#serial % 3] ?? 'dispute',
      timeout: block.timestamp + 100n,
      block,
      transactionHash: parseTransactionHash(`0x${word(this.#serial * 1000 + index)}`),
      logIndex: index * 3,
    }
    const json = {
      address: adjudicator,
      topics: [channelUpdateTopic, log.channelId],
      data: `0x${word(log.version)}${word(phases.indexOf(log.phase))}${word(log.timeout)}`,
      blockNumber: hex(block.number),
      blockHash: block.hash,
      transactionHash: log.transactionHash,
      transactionIndex: '0x0',
      logIndex: hex(log.logIndex),
      removed: false,
    }
    return { log, json }
  }

  #answer(call: Call): unknown {
    this.calls.push(call)
    const intercepted = this.intercept?.(call)
    if (intercepted !== undefined) return intercepted
    const [first] = call.params
    switch (call.method) {
      case 'eth_getBlockByNumber':
        return (first === 'latest' ? this.#canonical.at(-1) : this.#canonical[Number(first)])?.json ?? null
      case 'eth_getBlockByHash':
        return this.#known.get(first)?.json ?? null
      case 'eth_getLogs':
        return this.#query(first)
      default:
        throw new Error(`unexpected ${call.method}`)
    }
  }

  #query(filter: unknown): readonly Json[] {
    const { blockHash, fromBlock, toBlock } = filter as Record<string, string | undefined>
    const json = (block: FakeBlock): readonly Json[] => block.logs.map((log) => log.json)
    if (blockHash === undefined) return this.#canonical.slice(Number(fromBlock), Number(toBlock) + 1).flatMap(json)
    const block = this.#known.get(blockHash)
    if (block === undefined)
      throw rpcRefused('eth_getLogs', { code: -32000, message: 'unknown block', data: undefined })
    return json(block)
  }
}
