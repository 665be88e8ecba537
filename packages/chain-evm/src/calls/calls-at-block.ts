import { type AbortOptions, type Block, type Bytes, type Hex, hasCode } from '@perun-watcher/core'
import type { ChainReader } from '../logs/chain-reader.ts'
import { MissingBlock } from '../logs/missing-block.ts'
import type { Address, EvmClient, RequestOptions } from '../rpc/evm-client.ts'
import { parseRpcBytes, toQuantity } from '../rpc/parse-rpc.ts'

export interface ViewCall {
  /** `undefined`: the data is code that creates a contract. */
  readonly to: Address | undefined
  readonly data: Hex
  /** `undefined`: as much as the endpoint gives a call by itself. */
  readonly gas?: number | undefined
  /** Code that accounts have for this call only. */
  readonly code?: Readonly<Record<Address, Hex>> | undefined
}

/** Calls that change nothing, each as the chain was after a certain block. */
export interface CallsAtBlock {
  /** Requests so far. */
  readonly requests: number
  /**
   * The answer to a call that can fail for no reason but the block.
   *
   * Rejects with {@link MissingBlock} where the endpoint does not know the block, and as {@link EvmClient} does.
   */
  read(call: ViewCall, block: Block, options: RequestOptions): Promise<Bytes>
  /** The answer to a call that the endpoint may refuse; the block is named as in the last `read` that succeeded. */
  tryOut(call: ViewCall, block: Block, options: RequestOptions): Promise<Bytes>
  /** The answer at the newest block of the endpoint, whichever that is. Rejects as {@link EvmClient} does. */
  readNewest(call: ViewCall, options: RequestOptions): Promise<Bytes>
}

export interface CallsAtBlockDeps {
  readonly client: EvmClient
  readonly reader: Pick<ChainReader, 'headerByNumber'>
}

/** So many calls name the block by its number before its hash is tried again. */
const callsByNumber = 256

/**
 * A block is named by its hash (EIP-1898): were it named by its number, a reorg could slip another block under the reading. An
 * endpoint that takes no hash is given the number, and asked before and after whether it is still that of the block.
 */
export function callsAtBlock({ client, reader }: CallsAtBlockDeps): CallsAtBlock {
  let requests = 0
  /** How many calls more name the block by its number. */
  let leftByNumber = 0

  async function request({ to, data, gas, code }: ViewCall, block: unknown, options: RequestOptions): Promise<Bytes> {
    requests += 1
    const overrides = code === undefined ? [] : [Object.fromEntries(Object.entries(code).map(toOverride))]
    const call = {
      ...(to === undefined ? { data } : { to, data }),
      ...(gas === undefined ? {} : { gas: toQuantity(BigInt(gas)) }),
    }
    return parseRpcBytes(await client.request('eth_call', [call, block, ...overrides], options), 'eth_call')
  }

  async function assertStands({ number, hash }: Block, { signal }: AbortOptions): Promise<void> {
    requests += 1
    const header = await reader.headerByNumber(number, { signal })
    if (header.hash !== hash) throw new MissingBlock(hash)
  }

  async function byNumber(call: ViewCall, block: Block, options: RequestOptions): Promise<Bytes> {
    const answer = await request(call, toQuantity(block.number), options)
    await assertStands(block, options)
    return answer
  }

  async function tryOut(call: ViewCall, block: Block, options: RequestOptions): Promise<Bytes> {
    if (leftByNumber === 0) return await request(call, { blockHash: block.hash }, options)
    leftByNumber -= 1
    return await byNumber(call, block, options)
  }

  return {
    get requests() {
      return requests
    },
    tryOut,
    readNewest: (call, options) => request(call, 'latest', options),
    async read(call, block, options) {
      try {
        return await tryOut(call, block, options)
      } catch (refused) {
        if (!hasCode(refused, 'RPC_REFUSED')) throw refused
        // The endpoint does not know the block, or only not by its hash.
        await assertStands(block, options)
        try {
          const answer = await byNumber(call, block, options)
          leftByNumber = callsByNumber
          return answer
        } catch (error) {
          throw hasCode(error, 'RPC_REFUSED') ? new MissingBlock(block.hash, refused) : error
        }
      }
    },
  }
}

function toOverride([address, code]: [string, Hex]): [string, { readonly code: Hex }] {
  return [address, { code }]
}
