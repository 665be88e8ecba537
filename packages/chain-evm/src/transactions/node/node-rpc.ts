import { type Block, type Clock, type Hex, hasCode, type TransactionHash, WatcherError } from '@perun-watcher/core'
import type { Lifetime } from '@perun-watcher/core/internal'
import type { Address, EvmClient, RequestOptions } from '../../rpc/evm-client.ts'
import { parseBlock, parseFields, parseQuantity, parseRpcBytes, refusalOf, toQuantity } from '../../rpc/parse-rpc.ts'
import { withRequestTimeout } from '../../rpc/with-request-timeout.ts'
import type { Call } from './call.ts'
import { classifySimulation } from './classify-error.ts'
import { type FeeHistory, historyBlocks, historyPercentile, parseFeeHistory } from './parse-fee-history.ts'
import { parseReceipt, type Receipt } from './parse-receipt.ts'
import { revertReason } from './revert-reason.ts'

/** A head with what fees and gas depend on. */
export interface FeeHead extends Block {
  readonly baseFeePerGas: bigint
  readonly gasLimit: bigint
}

/**
 * What the transaction manager asks of a node. Everything rejects with a WatcherError: `CHAIN_UNREACHABLE` when no answer
 * came in time, `RPC_REFUSED`, or `CHAIN_DATA_INVALID`; or with the reason of the signal.
 */
export interface NodeRpc {
  /** `latest`: nonces that blocks have spent. `pending`: also those that wait, as far as this node knows. */
  transactionCount(account: Address, tag: 'latest' | 'pending', options?: RequestOptions): Promise<bigint>
  /** In wei, at the newest block. */
  balance(account: Address, options?: RequestOptions): Promise<bigint>
  head(options?: RequestOptions): Promise<FeeHead>
  /** The tip that the node suggests, in wei per gas; `undefined` if it has no such method. */
  priorityFee(options?: RequestOptions): Promise<bigint | undefined>
  /** What the node would pay for a transaction of the old kind, base fee and tip together; `undefined` without such a method. */
  gasPrice(options?: RequestOptions): Promise<bigint | undefined>
  /** What the newest blocks paid; `undefined` without such a method. */
  feeHistory(options?: RequestOptions): Promise<FeeHistory | undefined>
  /** In gas, without any margin. */
  estimateGas(from: Address, call: Omit<Call, 'gas'>, options: EstimateOptions): Promise<bigint>
  /** Rejects with `RPC_REFUSED` where the call would fail as of the newest block. */
  simulate(from: Address, call: Call, options?: RequestOptions): Promise<void>
  receipt(hash: TransactionHash, options?: RequestOptions): Promise<Receipt | undefined>
  block(hash: Hex): Promise<Block | undefined>
  /**
   * What a rollup of the OP stack takes at most for the data of a transaction with so many bytes, unsigned, in wei; `undefined`
   * where the chain does not say.
   */
  dataFee(bytes: number): Promise<bigint | undefined>
  /** Why a call reverts on top of a block; `undefined` if it does not. */
  revertReason(from: Address, call: Call, blockNumber: bigint): Promise<string | undefined>
  sendRaw(raw: Hex, options?: SendOptions): Promise<void>
}

export type SendOptions = Pick<RequestOptions, 'onNotTaken' | 'only'>

export interface EstimateOptions extends RequestOptions {
  /** `undefined`: some nodes take no block; they count what waits with them as done. */
  readonly tag: 'latest' | undefined
}

export interface NodeRpcOptions {
  readonly client: EvmClient
  readonly clock: Clock
  readonly timeoutMs: number
  /** Its end is the end of all requests. */
  readonly life: Lifetime
}

/** Where every chain of the OP stack has its `GasPriceOracle`. */
const gasPriceOracle = '0x420000000000000000000000000000000000000f'

/** First four bytes of a call of `getL1FeeUpperBound(uint256)`. */
const feeUpperBoundSelector = '0xf1c7a58b'

function parseHead(value: unknown): FeeHead {
  const { number, hash, timestamp, baseFeePerGas } = parseBlock(value)
  if (baseFeePerGas === undefined) {
    throw new WatcherError('CHAIN_DATA_INVALID', 'The chain has no base fee (EIP-1559); the watcher needs one.')
  }
  const gasLimit = parseQuantity(parseFields(value, 'block')['gasLimit'], 'block.gasLimit')
  return { number, hash, timestamp, baseFeePerGas, gasLimit }
}

/** The answer to something that not every node offers. */
async function offered<T>(question: () => Promise<T>): Promise<T | undefined> {
  try {
    return await question()
  } catch (error) {
    if (hasCode(error, 'RPC_REFUSED')) return undefined
    throw error
  }
}

/** Typed requests to a node, each with a time limit. */
export function nodeRpc({ life, ...options }: NodeRpcOptions): NodeRpc {
  const client = withRequestTimeout(options.client, options.clock, options.timeoutMs)
  const ask = (
    method: string,
    params: readonly unknown[],
    { signal, ...more }: RequestOptions = {},
  ): Promise<unknown> => life.run((closing) => client.request(method, params, { ...more, signal: signal ?? closing }))

  return {
    transactionCount: async (account, tag, options) =>
      parseQuantity(await ask('eth_getTransactionCount', [account, tag], options), 'transaction count'),
    balance: async (account, options) =>
      parseQuantity(await ask('eth_getBalance', [account, 'latest'], options), 'balance'),
    head: async (options) => parseHead(await ask('eth_getBlockByNumber', ['latest', false], options)),
    priorityFee: (options) =>
      offered(async () => parseQuantity(await ask('eth_maxPriorityFeePerGas', [], options), 'priority fee')),
    gasPrice: (options) => offered(async () => parseQuantity(await ask('eth_gasPrice', [], options), 'gas price')),
    feeHistory: (options) =>
      offered(async () =>
        parseFeeHistory(
          await ask('eth_feeHistory', [toQuantity(BigInt(historyBlocks)), 'latest', [historyPercentile]], options),
        ),
      ),
    estimateGas: async (from, { to, data }, { tag, ...options }) => {
      // Not on top of what waits at the node, as some do by default: it may never be mined, or be taken back.
      const params = [{ from, to, data, value: '0x0' }, ...(tag === undefined ? [] : [tag])]
      return parseQuantity(await ask('eth_estimateGas', params, options), 'gas estimate')
    },
    simulate: async (from, { to, data, gas }, options) => {
      await ask('eth_call', [{ from, to, data, gas: toQuantity(gas), value: '0x0' }, 'latest'], options)
    },
    receipt: async (hash, options) => parseReceipt(await ask('eth_getTransactionReceipt', [hash], options)),
    dataFee: (bytes) =>
      offered(async () => {
        const call = { to: gasPriceOracle, data: `${feeUpperBoundSelector}${bytes.toString(16).padStart(64, '0')}` }
        const answer = parseRpcBytes(await ask('eth_call', [call, 'latest']), 'data fee')
        return answer.length === 2 + 64 ? BigInt(answer) : undefined
      }),
    block: async (hash) => {
      const answer = await ask('eth_getBlockByHash', [hash, false])
      return answer === null || answer === undefined ? undefined : parseBlock(answer)
    },
    revertReason: async (from, { to, data, gas }, blockNumber) => {
      try {
        await ask('eth_call', [{ from, to, data, gas: toQuantity(gas), value: '0x0' }, toQuantity(blockNumber)])
        return undefined
      } catch (error) {
        const refusal = refusalOf(error)
        if (refusal !== undefined && classifySimulation(error) === 'reverted') return revertReason(refusal)
        throw error
      }
    },
    sendRaw: async (raw, options) => {
      await ask('eth_sendRawTransaction', [raw], options)
    },
  }
}
