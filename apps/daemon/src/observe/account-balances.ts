import type { EvmClient } from '@perun-watcher/chain-evm'
import { parseQuantity } from '@perun-watcher/chain-evm/internal'
import type { AbortOptions, Clock, Hex, Logger } from '@perun-watcher/core'

export interface AccountBalance {
  readonly address: Hex
  /** In wei; `undefined` until it has been read. */
  readonly balance: bigint | undefined
  /** Below the configured minimum. */
  readonly isLow: boolean
  /** Wei that are missing to the configured minimum; 0 where nothing is, or nobody knows. */
  readonly needs: bigint
}

export interface AccountBalances {
  readonly all: readonly AccountBalance[]
  /** Reads them once. Rejects only if the signal aborts; a balance that cannot be read keeps its last value. */
  read(options?: AbortOptions): Promise<void>
  /** Reads them repeatedly until the signal aborts. */
  keepReading(signal: AbortSignal): Promise<void>
}

export interface AccountBalancesOptions {
  readonly client: EvmClient
  readonly addresses: readonly Hex[]
  /** In wei. */
  readonly minimum: bigint
  readonly clock: Clock
  readonly logger: Logger
}

const pauseMs = 30_000

export function accountBalances({
  client,
  addresses,
  minimum,
  clock,
  logger,
}: AccountBalancesOptions): AccountBalances {
  const known = new Map<Hex, bigint>()

  async function readOne(address: Hex, { signal }: AbortOptions): Promise<void> {
    try {
      const answer = await client.request('eth_getBalance', [address, 'latest'], { signal })
      const balance = parseQuantity(answer, 'balance')
      const before = known.get(address)
      known.set(address, balance)
      const fell = balance < minimum && (before === undefined || before >= minimum)
      if (fell) logger.warn('The account holds less than its minimum', { address, balance, minimum })
    } catch (error) {
      signal?.throwIfAborted()
      logger.warn('The balance of an account could not be read', { address }, error)
    }
  }

  async function read(options: AbortOptions = {}): Promise<void> {
    await Promise.all(addresses.map((address) => readOne(address, options)))
  }

  return {
    get all() {
      return addresses.map((address) => {
        const balance = known.get(address)
        const isLow = balance !== undefined && balance < minimum
        return { address, balance, isLow, needs: isLow ? minimum - balance : 0n }
      })
    },
    read,
    async keepReading(signal) {
      for (;;) {
        await clock.sleep(pauseMs, { signal })
        await read({ signal })
      }
    },
  }
}
