import { setTimeout as delay } from 'node:timers/promises'
import {
  type Address,
  createClient,
  type Hex,
  http,
  type PublicClient,
  parseGwei,
  rpcSchema,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
} from 'viem'
import { signTransaction } from 'viem/accounts'
import { addressOf } from './codec.ts'
import { DevnetError } from './errors.ts'
import { decodeRevert } from './revert.ts'

/** A call to a contract, or its creation if `to` is missing. */
export interface Call {
  readonly to?: Address
  readonly data?: Hex
  /** In wei. */
  readonly value?: bigint
}

/** How to send it. Nothing is estimated, so a call that reverts is mined like any other. */
export interface SendOptions {
  /** Default: 8 000 000. */
  readonly gas?: bigint
  /** Default: after all that this account has sent so far. Give one to replace a pending transaction. */
  readonly nonce?: number
  /** Wei per gas. Default: 100 gwei. */
  readonly maxFeePerGas?: bigint
  /** Wei per gas. Default: 1 gwei. */
  readonly maxPriorityFeePerGas?: bigint
}

export interface WaitOptions {
  /** Default: 30 000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** A transaction that the node took, mined or not. */
export interface Sent {
  readonly hash: Hex
  /**
   * Its receipt, as soon as it is mined. Mines nothing itself.
   *
   * @throws {TransactionReverted} if it was mined and failed
   * @throws {DevnetError} `TRANSACTION_PENDING` if it is not mined in time
   */
  readonly wait: (options?: WaitOptions) => Promise<TransactionReceipt>
}

/** Sends for any account; transactions of one account get their nonces in the order of the calls. */
export type Send = (privateKey: Hex, call: Call, options?: SendOptions) => Promise<Sent>

/** A transaction was mined and failed; `reason` is what the contract said, see `decodeRevert`. */
export class TransactionReverted extends DevnetError {
  override readonly name = 'TransactionReverted'
  readonly reason: string
  readonly receipt: TransactionReceipt

  constructor(reason: string, receipt: TransactionReceipt) {
    super('TRANSACTION_REVERTED', `The transaction ${receipt.transactionHash} reverted: ${reason}`)
    this.reason = reason
    this.receipt = receipt
  }
}

type Trace = [
  {
    Method: 'debug_traceTransaction'
    Parameters: [Hex, { tracer: 'callTracer'; tracerConfig: { onlyTopCall: true } }]
    ReturnType: { output?: Hex; error?: string }
  },
]

export function createSend(client: PublicClient, rpcUrl: string, chainId: number): Send {
  const { request } = createClient({ transport: http(rpcUrl, { retryCount: 0 }), rpcSchema: rpcSchema<Trace>() })
  // Nonces come from the node, which also knows what a reorg or a drop took away. Between asking for one and using it
  // the same account must not ask again.
  const lanes = new Map<Address, Promise<unknown>>()

  const sendNow = async (privateKey: Hex, call: Call, options: SendOptions): Promise<Sent> => {
    const address = addressOf(privateKey)
    const nonce = options.nonce ?? (await client.getTransactionCount({ address, blockTag: 'pending' }))
    const serializedTransaction = await signTransaction({
      privateKey,
      transaction: {
        type: 'eip1559',
        chainId,
        ...call,
        nonce,
        gas: options.gas ?? 8_000_000n,
        maxFeePerGas: options.maxFeePerGas ?? parseGwei('100'),
        maxPriorityFeePerGas: options.maxPriorityFeePerGas ?? parseGwei('1'),
      },
    })
    const hash = await client.sendRawTransaction({ serializedTransaction })
    return { hash, wait: (wait) => receiptOf(hash, wait) }
  }

  const receiptOf = async (
    hash: Hex,
    { timeoutMs = 30_000, signal }: WaitOptions = {},
  ): Promise<TransactionReceipt> => {
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const receipt = await client.getTransactionReceipt({ hash }).catch((error: unknown) => {
        if (error instanceof TransactionReceiptNotFoundError) return undefined
        throw error
      })
      if (receipt?.status === 'success') return receipt
      if (receipt !== undefined) throw new TransactionReverted(await reasonOf(hash), receipt)
      if (performance.now() > deadline) {
        throw new DevnetError('TRANSACTION_PENDING', `The transaction ${hash} is not mined after ${timeoutMs} ms.`, {
          remedy:
            'Mine a block with `anvil.mine()`; if that did not help, check its nonce, its fees, and the room in a block.',
        })
      }
      await delay(20, undefined, signal === undefined ? {} : { signal })
    }
  }

  // From the trace, because calling again would run on another state and at another time.
  const reasonOf = async (hash: Hex): Promise<string> => {
    const trace = await request({
      method: 'debug_traceTransaction',
      params: [hash, { tracer: 'callTracer', tracerConfig: { onlyTopCall: true } }],
    })
    const output = trace.output ?? '0x'
    return output === '0x' && trace.error !== undefined && !trace.error.includes('revert')
      ? trace.error
      : decodeRevert(output)
  }

  return (privateKey, call, options = {}) => {
    const address = addressOf(privateKey)
    const previous = lanes.get(address) ?? Promise.resolve()
    const sent = previous.then(() => sendNow(privateKey, call, options))
    // One that the node refuses holds nobody up.
    lanes.set(
      address,
      sent.catch(() => {}),
    )
    return sent
  }
}
