import type { Address, EvmClient } from '@perun-watcher/chain-evm'
import { parseBlock, type RpcFailure, rpcFailure } from '@perun-watcher/chain-evm/internal'
import type { AbortOptions, Clock, Hex, Logger } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'

/** What the endpoints must be able to do for an answer to a dispute. */
export const abilityNames = ['sends', 'estimates', 'traces'] as const

export type AbilityName = (typeof abilityNames)[number]

export interface Lacking {
  readonly ability: AbilityName
  readonly error: Error
}

/** Tries now and then what a dispute would need, without one. */
export interface Abilities {
  /** What failed twice in a row; empty while all is well, or nothing was tried yet. */
  readonly lacking: readonly Lacking[]
  /** In wei per gas, as last seen; `undefined` where the chain has none, or before the first look. */
  readonly baseFee: bigint | undefined
  /** Tries everything once. Rejects only if the signal aborts. */
  look(options?: AbortOptions): Promise<void>
  /** Tries repeatedly until the signal aborts. */
  keepLooking(signal: AbortSignal): Promise<void>
}

export interface AbilitiesOptions {
  readonly client: EvmClient
  /** One that pays. */
  readonly account: Address
  /** A transaction that every node refuses. */
  readonly invalidTransaction: () => Promise<Hex>
  /** Whether channels are watched below others. */
  readonly needsTraces: () => boolean
  readonly clock: Clock
  readonly logger: Logger
}

const pauseMs = 120_000

/** A single failure may be chance, and what is mended should be told soon. */
const pauseInDoubtMs = 10_000

/** An ability is lacking once it failed so often in a row. */
const failuresUntilLacking = 2

/** Providers do not like to be sent nonsense: while all is well, once in so many looks. */
const looksPerSend = 5

interface Tried {
  readonly failures: number
  readonly error: Error
}

/** Of a trace: what says that others will fail as well. */
const noTraces: ReadonlySet<RpcFailure> = new Set(['method', 'service', 'history', 'nothing'])

/** The hash of a transaction of a block that was asked for without their contents. */
function someTransaction(block: unknown): string | undefined {
  const hashes: unknown = Reflect.get(Object(block), 'transactions')
  const first: unknown = Array.isArray(hashes) ? hashes[0] : undefined
  return typeof first === 'string' ? first : undefined
}

export function abilities(options: AbilitiesOptions): Abilities {
  const { client, account, invalidTransaction, needsTraces, clock, logger } = options
  const failing = new Map<AbilityName, Tried>()
  let baseFee: bigint | undefined
  /** Of the newest block that had one. */
  let transaction: string | undefined
  let looks = 0

  async function estimates({ signal }: AbortOptions): Promise<void> {
    const call = { from: account, to: account }
    try {
      await client.request('eth_estimateGas', [call, 'latest'], { signal })
    } catch (error) {
      signal?.throwIfAborted()
      // A verdict is an answer; and some nodes take one argument.
      if (rpcFailure('eth_estimateGas', error) !== 'call') await client.request('eth_estimateGas', [call], { signal })
    }
  }

  async function sends({ signal }: AbortOptions): Promise<void> {
    const method = 'eth_sendRawTransaction'
    try {
      await client.request(method, [await invalidTransaction()], { signal })
    } catch (error) {
      if (rpcFailure(method, error) !== 'call') throw error
    }
  }

  async function traces({ signal }: AbortOptions): Promise<void> {
    const method = 'debug_traceTransaction'
    try {
      const options = { tracer: 'callTracer', tracerConfig: { onlyTopCall: true } }
      // Where no block had one yet, there is nothing to be traced.
      if (transaction !== undefined) await client.request(method, [transaction, options], { signal })
    } catch (error) {
      if (noTraces.has(rpcFailure(method, error))) throw error
    }
  }

  async function attempt(
    ability: AbilityName,
    work: (options: AbortOptions) => Promise<void>,
    { signal }: AbortOptions,
  ): Promise<void> {
    try {
      await work({ signal })
      if (isLacking(ability)) logger.info('The RPC endpoints can do again what disputes need', { ability })
      failing.delete(ability)
    } catch (error) {
      signal?.throwIfAborted()
      failing.set(ability, { failures: (failing.get(ability)?.failures ?? 0) + 1, error: toError(error) })
      if (failing.get(ability)?.failures !== failuresUntilLacking) return
      logger.error('The RPC endpoints cannot do what disputes need', { ability }, error)
    }
  }

  const isLacking = (ability: AbilityName): boolean => (failing.get(ability)?.failures ?? 0) >= failuresUntilLacking

  async function readBlock({ signal }: AbortOptions): Promise<void> {
    try {
      const block = await client.request('eth_getBlockByNumber', ['latest', false], { signal })
      baseFee = parseBlock(block).baseFeePerGas
      transaction = someTransaction(block) ?? transaction
    } catch {
      signal?.throwIfAborted()
      // Whether blocks can be read is told elsewhere.
    }
  }

  async function look(options: AbortOptions = {}): Promise<void> {
    const isTimeToSend = failing.has('sends') || looks % looksPerSend === 0
    looks += 1
    if (!needsTraces()) failing.delete('traces')
    await readBlock(options)
    await Promise.all([
      attempt('estimates', estimates, options),
      ...(isTimeToSend ? [attempt('sends', sends, options)] : []),
      ...(needsTraces() ? [attempt('traces', traces, options)] : []),
    ])
  }

  return {
    get lacking() {
      return [...failing].flatMap(([ability, { error }]) => (isLacking(ability) ? [{ ability, error }] : []))
    },
    get baseFee() {
      return baseFee
    },
    look,
    async keepLooking(signal) {
      for (;;) {
        await look({ signal })
        await clock.sleep(failing.size > 0 ? pauseInDoubtMs : pauseMs, { signal })
      }
    },
  }
}
