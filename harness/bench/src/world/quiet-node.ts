import { keccak_256 } from '@noble/hashes/sha3.js'
import type { EvmClient } from '@perun-watcher/chain-evm'
import { v1 } from '@perun-watcher/chain-evm/internal'
import type { Hex } from '@perun-watcher/core'

/** An Ethereum node in memory whose blocks contain nothing of ours; counts what it is asked. */
export interface QuietNode {
  readonly client: EvmClient
  /** Requests so far. */
  readonly requests: number
  /** One more block; tells those who watch heads. */
  mine(): void
}

/** The number of the head at first: enough history for a watcher that looks back. */
export const firstHead = 1_000_000n

const nothing = '0x'
const emptyBloom = `0x${'00'.repeat(256)}`
const emptyRecord = `0x${'00'.repeat(32 * 6)}`

const hashOf = (number: bigint): Hex => `0x${number.toString(16).padStart(64, '0')}`
const quantity = (number: bigint): Hex => `0x${number.toString(16)}`

function blockAt(number: bigint): unknown {
  return {
    number: quantity(number),
    hash: hashOf(number),
    parentHash: hashOf(number - 1n),
    timestamp: quantity(1_700_000_000n + number * 12n),
    baseFeePerGas: quantity(10n ** 9n),
    gasLimit: quantity(30_000_000n),
    logsBloom: emptyBloom,
  }
}

function hashOfArguments(data: string): string {
  return `0x${Buffer.from(keccak_256(Buffer.from(data.slice(10), 'hex'))).toString('hex')}`
}

/** The adjudicator has never heard of any channel; its hashes are those of the real one. */
function called(request: unknown): string {
  const data = typeof request === 'object' && request !== null && 'data' in request ? String(request.data) : nothing
  return data.startsWith(v1.selectors.disputes) ? emptyRecord : hashOfArguments(data)
}

export function quietNode(): QuietNode {
  let head = firstHead
  let requests = 0
  const watchers = new Set<() => void>()

  function answer(method: string, [first]: readonly unknown[]): unknown {
    switch (method) {
      case 'eth_chainId':
        return quantity(1n)
      case 'eth_getCode':
        return '0x60'
      case 'eth_call':
        return called(first)
      case 'eth_getBlockByNumber':
        return blockAt(first === 'latest' ? head : BigInt(String(first)))
      case 'eth_getBlockByHash':
        return blockAt(BigInt(String(first)))
      case 'eth_getLogs':
        return []
      case 'eth_getTransactionCount':
        return quantity(0n)
      case 'eth_getBalance':
        return quantity(10n ** 24n)
      case 'eth_maxPriorityFeePerGas':
        return quantity(10n ** 9n)
      default:
        throw new Error(`The quiet node does not know ${method}.`)
    }
  }

  return {
    client: {
      async request(method, params) {
        requests += 1
        return answer(method, params)
      },
      watchHeads(wake) {
        watchers.add(wake)
        return () => watchers.delete(wake)
      },
    },
    get requests() {
      return requests
    },
    mine() {
      head += 1n
      for (const wake of watchers) wake()
    },
  }
}
